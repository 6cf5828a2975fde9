-- Gives each maternity line its pregnancy, and says whether it triggers there.
-- reads: maternity_lines, pregnancy_frames, run_params
-- writes: pregnancy_lines
-- grain: one maternity line in the window of a pregnancy
-- key: version_id, claim_line_number
WITH placed AS (
  SELECT l.version_id, l.claim_line_number, l.member_id, l.entity_id, l.line_start_date, l.is_delivery, l.is_work, l.is_covered,
    f.pregnancy_id, f.episode_id,
    CASE WHEN l.can_trigger = 0 THEN 0
      WHEN f.start_source = 'birth' AND l.line_start_date >= CAST(f.pregnancy_start_date + INTERVAL (p.min_gestation_days) DAY AS DATE) THEN 1
      WHEN f.start_source <> 'birth' AND l.is_far_enough = 1 THEN 1
      ELSE 0 END AS is_trigger,
    ROW_NUMBER() OVER (PARTITION BY l.version_id, l.claim_line_number ORDER BY f.kind_order, f.end_date, f.pregnancy_id) AS home_number
  FROM maternity_lines AS l
  CROSS JOIN run_params AS p
  JOIN pregnancy_frames AS f ON f.member_id = l.member_id
  WHERE l.line_start_date >= f.window_start_date AND l.line_start_date <= f.window_end_date
)
SELECT version_id, claim_line_number, member_id, entity_id, line_start_date, is_delivery, is_work, is_covered, pregnancy_id, episode_id, is_trigger
FROM placed
WHERE home_number = 1
