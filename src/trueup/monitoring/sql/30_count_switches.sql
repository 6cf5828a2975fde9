-- Counts the high-risk episodes each entity held when the risk was known, and those that another entity held at the end.
-- reads: episodes, attribution_months, calendar_months, high_risk_episodes, rule_monitor_checks
-- writes: switch_counts
-- grain: one check, entity and period
-- key: check_id, entity_id, period
WITH held AS (
  SELECT a.episode_id, a.entity_id, c.month_number, c.first_day
  FROM attribution_months AS a
  JOIN calendar_months AS c ON c.month = a.month
  WHERE a.status = 'attributed'
),
ordered AS (
  SELECT h.check_id, m.episode_id, m.entity_id,
    ROW_NUMBER() OVER (
      PARTITION BY h.check_id, m.episode_id
      ORDER BY CASE WHEN h.first_date >= m.first_day THEN 0 ELSE 1 END,
        CASE WHEN h.first_date >= m.first_day THEN 0 - m.month_number ELSE m.month_number END
    ) AS known_rank,
    ROW_NUMBER() OVER (PARTITION BY h.check_id, m.episode_id ORDER BY m.month_number DESC) AS last_rank
  FROM high_risk_episodes AS h
  JOIN rule_monitor_checks AS k ON k.check_id = h.check_id AND k.kind = 'switching'
  JOIN held AS m ON m.episode_id = h.episode_id
)
SELECT f.check_id, f.entity_id, e.period, COUNT(*) AS units, COUNT(CASE WHEN l.entity_id <> f.entity_id THEN 1 END) AS events
FROM ordered AS f
JOIN ordered AS l ON l.check_id = f.check_id AND l.episode_id = f.episode_id AND l.last_rank = 1
JOIN episodes AS e ON e.episode_id = f.episode_id
WHERE f.known_rank = 1 AND e.period IS NOT NULL
GROUP BY f.check_id, f.entity_id, e.period
