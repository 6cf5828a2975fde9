-- Finds the triggers that take an episode over: the first, one with a delivery, or one after which the others fall quiet.
-- reads: entity_activity, run_params
-- writes: holder_moves
-- grain: one trigger that moves, or confirms, the holder
-- key: episode_id, line_start_date, entity_id
WITH triggers AS (
  SELECT episode_id, entity_id, line_start_date, month_number,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY line_start_date, entity_id) AS trigger_number
  FROM entity_activity
  WHERE is_trigger = 1
),
firsts AS (SELECT episode_id, entity_id, MIN(trigger_number) AS first_number FROM triggers GROUP BY episode_id, entity_id),
deliveries AS (SELECT DISTINCT episode_id, entity_id, month_number FROM entity_activity WHERE is_delivery = 1),
-- Work of an entity that triggered earlier, after this trigger and within the quiet months: the trigger moves nothing.
contested AS (
  SELECT DISTINCT t.episode_id, t.trigger_number
  FROM triggers AS t
  CROSS JOIN run_params AS p
  JOIN firsts AS f ON f.episode_id = t.episode_id
  JOIN entity_activity AS a ON a.episode_id = f.episode_id AND a.entity_id = f.entity_id
  WHERE f.entity_id <> t.entity_id AND f.first_number < t.trigger_number
    AND a.line_start_date > t.line_start_date AND a.month_number <= t.month_number + p.quiet_months
)
SELECT t.episode_id, t.entity_id, t.line_start_date, t.month_number, t.trigger_number,
  CASE WHEN t.trigger_number = 1 THEN 'trigger' WHEN d.entity_id IS NOT NULL THEN 'moved_delivery' ELSE 'moved_quiet' END AS rule
FROM triggers AS t
LEFT JOIN deliveries AS d ON d.episode_id = t.episode_id AND d.entity_id = t.entity_id AND d.month_number = t.month_number
LEFT JOIN contested AS c ON c.episode_id = t.episode_id AND c.trigger_number = t.trigger_number
WHERE t.trigger_number = 1 OR d.entity_id IS NOT NULL OR c.trigger_number IS NULL
