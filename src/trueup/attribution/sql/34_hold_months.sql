-- Gives each month from the first trigger to the end of the episode its holder, and the outgoing entity in a month of handover.
-- reads: episode_units, holder_moves, entity_activity, month_offsets, calendar_months, run_params
-- writes: attribution_months
-- grain: one entity in one month of an episode
-- key: episode_id, month_number, entity_id
WITH spans AS (
  SELECT e.episode_id, e.member_id, MIN(m.month_number) AS first_month,
    MAX(YEAR(CAST(e.delivery_date + INTERVAL (p.days_after) DAY AS DATE)) * 12 + MONTH(CAST(e.delivery_date + INTERVAL (p.days_after) DAY AS DATE)) - 1) AS last_month
  FROM episode_units AS e
  CROSS JOIN run_params AS p
  JOIN holder_moves AS m ON m.episode_id = e.episode_id
  GROUP BY e.episode_id, e.member_id
),
months AS (
  SELECT s.episode_id, s.member_id, s.first_month + o.month_offset AS month_number
  FROM spans AS s
  CROSS JOIN month_offsets AS o
  WHERE s.first_month + o.month_offset <= s.last_month
),
holders AS (
  SELECT episode_id, member_id, month_number, entity_id, move_month, rule
  FROM (
    SELECT n.episode_id, n.member_id, n.month_number, m.entity_id, m.month_number AS move_month, m.rule,
      ROW_NUMBER() OVER (PARTITION BY n.episode_id, n.month_number ORDER BY m.trigger_number DESC) AS move_rank
    FROM months AS n
    JOIN holder_moves AS m ON m.episode_id = n.episode_id
    WHERE m.month_number <= n.month_number
  ) AS ranked
  WHERE move_rank = 1
),
followed AS (
  SELECT h.*, LAG(h.entity_id) OVER (PARTITION BY h.episode_id ORDER BY h.month_number) AS last_entity_id FROM holders AS h
),
worked AS (SELECT episode_id, entity_id, month_number, MAX(is_trigger) AS has_trigger FROM entity_activity GROUP BY episode_id, entity_id, month_number),
rows_of_months AS (
  SELECT f.episode_id, f.member_id, f.month_number, f.entity_id, 'attributed' AS status,
    CASE WHEN f.last_entity_id IS NULL THEN 'trigger' WHEN f.last_entity_id <> f.entity_id THEN f.rule
      WHEN w.has_trigger = 1 THEN 'trigger' ELSE 'carried_forward' END AS rule
  FROM followed AS f
  LEFT JOIN worked AS w ON w.episode_id = f.episode_id AND w.entity_id = f.entity_id AND w.month_number = f.month_number
  UNION ALL
  SELECT f.episode_id, f.member_id, f.month_number, f.last_entity_id AS entity_id, 'handover' AS status, 'handover_month' AS rule
  FROM followed AS f
  JOIN worked AS w ON w.episode_id = f.episode_id AND w.entity_id = f.last_entity_id AND w.month_number = f.month_number
  WHERE f.last_entity_id <> f.entity_id
)
SELECT r.episode_id, r.member_id, r.month_number, r.entity_id, r.status, r.rule, c.month
FROM rows_of_months AS r
JOIN calendar_months AS c ON c.month_number = r.month_number
