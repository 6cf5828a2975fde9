-- Frames the pregnancies that ended: births that are not doubtful, and losses where the program attributes by month.
-- reads: birth_events, event_windows, loss_events, rule_outcomes, calendar_months, run_params
-- writes: ended_pregnancies
-- grain: one birth or loss
-- key: pregnancy_id
WITH births AS (
  SELECT
    'E' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || b.member_id || '|' || CAST(b.delivery_date AS VARCHAR)), 1, 16) AS pregnancy_id,
    b.member_id, b.pregnancy_start_date, b.outcome, b.delivery_date, w.episode_start_date, w.episode_end_date,
    CASE WHEN o.outcome IS NOT NULL THEN 1 ELSE 0 END AS is_episode
  FROM birth_events AS b
  CROSS JOIN run_params AS p
  JOIN event_windows AS w ON w.member_id = b.member_id AND w.event_number = b.event_number
  LEFT JOIN rule_outcomes AS o ON o.outcome = b.outcome
  WHERE b.is_too_soon = 0
),
bounds AS (
  SELECT l.member_id, l.loss_date, b.episode_end_date AS bound_date
  FROM loss_events AS l
  JOIN births AS b ON b.member_id = l.member_id
  WHERE b.delivery_date < l.loss_date
  UNION ALL
  SELECT l.member_id, l.loss_date, e.loss_date AS bound_date
  FROM loss_events AS l
  JOIN loss_events AS e ON e.member_id = l.member_id
  WHERE e.loss_date < l.loss_date
),
latest AS (SELECT member_id, loss_date, MAX(bound_date) AS bound_date FROM bounds GROUP BY member_id, loss_date)
SELECT b.pregnancy_id, CASE WHEN b.is_episode = 1 THEN b.pregnancy_id END AS episode_id, b.member_id, b.pregnancy_start_date, 'birth' AS start_source,
  b.outcome AS end_kind, b.delivery_date AS end_date, b.episode_start_date AS window_start_date, b.episode_end_date AS window_end_date
FROM births AS b
UNION ALL
SELECT 'L' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || l.member_id || '|' || CAST(l.loss_date AS VARCHAR)), 1, 16) AS pregnancy_id,
  CAST(NULL AS VARCHAR) AS episode_id, l.member_id, CAST(NULL AS DATE) AS pregnancy_start_date, 'window' AS start_source,
  'loss' AS end_kind, l.loss_date AS end_date,
  CASE WHEN m.bound_date IS NULL THEN CAST(l.loss_date - INTERVAL (p.days_before) DAY AS DATE)
    ELSE GREATEST(CAST(l.loss_date - INTERVAL (p.days_before) DAY AS DATE), CAST(m.bound_date + INTERVAL 1 DAY AS DATE)) END AS window_start_date,
  c.last_day AS window_end_date
FROM loss_events AS l
CROSS JOIN run_params AS p
JOIN calendar_months AS c ON c.month_number = YEAR(l.loss_date) * 12 + MONTH(l.loss_date) - 1
LEFT JOIN latest AS m ON m.member_id = l.member_id AND m.loss_date = l.loss_date
WHERE p.monthly_rule IS NOT NULL
