-- Finds the triggers that take a pregnancy over: the first, one a transfer names, one with a delivery, or one after which the others fall quiet.
-- reads: entity_activity, pregnancy_frames, final_member_transfers, calendar_months, run_params
-- writes: holder_moves
-- grain: one trigger that moves, or confirms, the holder
-- key: pregnancy_id, line_start_date, entity_id
WITH triggers AS (
  SELECT pregnancy_id, entity_id, line_start_date, month_number,
    ROW_NUMBER() OVER (PARTITION BY pregnancy_id ORDER BY line_start_date, entity_id) AS trigger_number
  FROM entity_activity
  WHERE is_trigger = 1
),
firsts AS (SELECT pregnancy_id, entity_id, MIN(trigger_number) AS first_number FROM triggers GROUP BY pregnancy_id, entity_id),
deliveries AS (SELECT DISTINCT pregnancy_id, entity_id, month_number FROM entity_activity WHERE is_delivery = 1),
-- Work of an entity that triggered earlier, after this trigger and within the quiet months: the trigger moves nothing.
contested AS (
  SELECT DISTINCT t.pregnancy_id, t.trigger_number
  FROM triggers AS t
  CROSS JOIN run_params AS p
  JOIN firsts AS f ON f.pregnancy_id = t.pregnancy_id
  JOIN entity_activity AS a ON a.pregnancy_id = f.pregnancy_id AND a.entity_id = f.entity_id
  WHERE f.entity_id <> t.entity_id AND f.first_number < t.trigger_number
    AND a.line_start_date > t.line_start_date AND a.month_number <= t.month_number + p.quiet_months
),
notices AS (
  SELECT f.pregnancy_id, x.entity_id, x.transfer_date, YEAR(x.transfer_date) * 12 + MONTH(x.transfer_date) - 1 AS month_number
  FROM final_member_transfers AS x
  JOIN run_params AS p ON p.program = x.program
  JOIN pregnancy_frames AS f ON f.member_id = x.member_id
  WHERE x.transfer_date >= f.window_start_date AND x.transfer_date <= f.window_end_date
),
named AS (
  SELECT t.pregnancy_id, t.trigger_number, n.entity_id,
    ROW_NUMBER() OVER (PARTITION BY t.pregnancy_id, t.trigger_number ORDER BY n.transfer_date DESC, n.entity_id DESC) AS notice_number
  FROM triggers AS t
  JOIN notices AS n ON n.pregnancy_id = t.pregnancy_id
  WHERE n.month_number <= t.month_number
)
SELECT t.pregnancy_id, t.entity_id, t.line_start_date, t.month_number, t.trigger_number,
  CASE WHEN t.trigger_number = 1 THEN 'trigger' WHEN n.entity_id = t.entity_id THEN 'moved_transfer' WHEN d.entity_id IS NOT NULL THEN 'moved_delivery' ELSE 'moved_quiet' END AS rule
FROM triggers AS t
CROSS JOIN run_params AS p
JOIN calendar_months AS q ON q.month_number = t.month_number + p.quiet_months
LEFT JOIN deliveries AS d ON d.pregnancy_id = t.pregnancy_id AND d.entity_id = t.entity_id AND d.month_number = t.month_number
LEFT JOIN contested AS c ON c.pregnancy_id = t.pregnancy_id AND c.trigger_number = t.trigger_number
LEFT JOIN named AS n ON n.pregnancy_id = t.pregnancy_id AND n.trigger_number = t.trigger_number AND n.notice_number = 1
WHERE t.trigger_number = 1 OR n.entity_id = t.entity_id OR d.entity_id IS NOT NULL
  OR (c.trigger_number IS NULL AND (p.undecided_move = 'newcomer' OR q.last_day <= p.as_of))
