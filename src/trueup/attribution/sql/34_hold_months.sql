-- Gives each month from the first trigger to the last month of the pregnancy its holder, and the outgoing entity in a month of handover.
-- reads: pregnancy_frames, holder_moves, entity_activity, month_offsets, calendar_months
-- writes: attribution_months
-- grain: one entity in one month of a pregnancy
-- key: pregnancy_id, month_number, entity_id
WITH spans AS (
  SELECT f.pregnancy_id, MIN(m.month_number) AS first_month, MAX(f.last_month_number) AS last_month
  FROM pregnancy_frames AS f
  JOIN holder_moves AS m ON m.pregnancy_id = f.pregnancy_id
  GROUP BY f.pregnancy_id
),
months AS (
  SELECT s.pregnancy_id, s.first_month + o.month_offset AS month_number
  FROM spans AS s
  CROSS JOIN month_offsets AS o
  WHERE s.first_month + o.month_offset <= s.last_month
),
holders AS (
  SELECT pregnancy_id, month_number, entity_id, move_month, rule
  FROM (
    SELECT n.pregnancy_id, n.month_number, m.entity_id, m.month_number AS move_month, m.rule,
      ROW_NUMBER() OVER (PARTITION BY n.pregnancy_id, n.month_number ORDER BY m.trigger_number DESC) AS move_rank
    FROM months AS n
    JOIN holder_moves AS m ON m.pregnancy_id = n.pregnancy_id
    WHERE m.month_number <= n.month_number
  ) AS ranked
  WHERE move_rank = 1
),
followed AS (
  SELECT h.*, LAG(h.entity_id) OVER (PARTITION BY h.pregnancy_id ORDER BY h.month_number) AS last_entity_id FROM holders AS h
),
worked AS (SELECT pregnancy_id, entity_id, month_number, MAX(is_trigger) AS has_trigger FROM entity_activity GROUP BY pregnancy_id, entity_id, month_number),
rows_of_months AS (
  SELECT f.pregnancy_id, f.month_number, f.entity_id, 'attributed' AS status,
    CASE WHEN f.last_entity_id IS NULL THEN 'trigger' WHEN f.last_entity_id <> f.entity_id THEN f.rule
      WHEN w.has_trigger = 1 THEN 'trigger' ELSE 'carried_forward' END AS rule
  FROM followed AS f
  LEFT JOIN worked AS w ON w.pregnancy_id = f.pregnancy_id AND w.entity_id = f.entity_id AND w.month_number = f.month_number
  UNION ALL
  SELECT f.pregnancy_id, f.month_number, f.last_entity_id AS entity_id, 'handover' AS status, 'handover_month' AS rule
  FROM followed AS f
  JOIN worked AS w ON w.pregnancy_id = f.pregnancy_id AND w.entity_id = f.last_entity_id AND w.month_number = f.month_number
  WHERE f.last_entity_id <> f.entity_id
)
SELECT r.pregnancy_id, g.episode_id, g.member_id, r.month_number, r.entity_id, r.status, r.rule, c.month
FROM rows_of_months AS r
JOIN pregnancy_frames AS g ON g.pregnancy_id = r.pregnancy_id
JOIN calendar_months AS c ON c.month_number = r.month_number
