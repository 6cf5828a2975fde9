-- Counts the covered days of each episode before and after delivery, and finds the day on which the coverage held at delivery began.
-- reads: measured_episodes, coverage_spans, eligibility_count
-- writes: coverage_facts
-- grain: one coverage fact of one episode
-- key: episode_id, fact
-- Days after delivery, both ends included.
WITH spans AS (
  SELECT 'covered_days_before_43' AS fact, -43 AS first_day, -1 AS last_day
  UNION ALL SELECT 'covered_days_after_60' AS fact, 1 AS first_day, 60 AS last_day
  UNION ALL SELECT 'covered_days_after_84' AS fact, 1 AS first_day, 84 AS last_day
  UNION ALL SELECT 'covered_days_after_90' AS fact, 1 AS first_day, 90 AS last_day
),
covered AS (
  SELECT e.episode_id, s.fact,
    CAST(SUM(GREATEST(
      LEAST(DATE_DIFF('day', e.delivery_date, c.last_day), s.last_day) - GREATEST(DATE_DIFF('day', e.delivery_date, c.first_day), s.first_day) + 1, 0
    )) AS BIGINT) AS days
  FROM measured_episodes AS e
  CROSS JOIN spans AS s
  JOIN coverage_spans AS c ON c.member_id = e.member_id
  GROUP BY e.episode_id, s.fact
)
SELECT e.episode_id, s.fact, CASE WHEN h.rows_known = 0 THEN s.last_day - s.first_day + 1 ELSE COALESCE(c.days, 0) END AS fact_value
FROM measured_episodes AS e
CROSS JOIN spans AS s
CROSS JOIN eligibility_count AS h
LEFT JOIN covered AS c ON c.episode_id = e.episode_id AND c.fact = s.fact
UNION ALL
SELECT e.episode_id, 'coverage_start_day' AS fact, DATE_DIFF('day', e.pregnancy_start_date, c.first_day) AS fact_value
FROM measured_episodes AS e
JOIN coverage_spans AS c ON c.member_id = e.member_id AND c.first_day <= e.delivery_date AND c.last_day >= e.delivery_date
