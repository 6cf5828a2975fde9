-- Opens an episode for each birth event whose outcome the program counts, and places it in a period.
-- reads: birth_events, event_windows, rule_outcomes, rule_periods, run_params
-- writes: episode_units
-- grain: one episode
-- key: episode_id
SELECT
  'E' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || b.member_id || '|' || CAST(b.delivery_date AS VARCHAR)), 1, 16) AS episode_id,
  b.member_id, b.event_number, b.delivery_date, b.delivery_date_source, b.pregnancy_start_date, b.gestation_weeks, b.outcome, b.mode,
  b.fetus_count, b.stay_start_date, b.stay_end_date, b.is_too_soon,
  w.window_start_date, w.window_end_date, w.episode_start_date, w.episode_end_date,
  CASE WHEN p.assign_by = 'episode_end' THEN w.episode_end_date ELSE b.delivery_date END AS assign_date,
  COALESCE(r.period, 'outside_periods') AS period
FROM birth_events AS b
CROSS JOIN run_params AS p
JOIN event_windows AS w ON w.member_id = b.member_id AND w.event_number = b.event_number
SEMI JOIN rule_outcomes AS o ON o.outcome = b.outcome
LEFT JOIN rule_periods AS r
  ON CASE WHEN p.assign_by = 'episode_end' THEN w.episode_end_date ELSE b.delivery_date END >= r.first_day
  AND CASE WHEN p.assign_by = 'episode_end' THEN w.episode_end_date ELSE b.delivery_date END <= r.last_day
