-- Gives each birth event its nominal window and the start left to it by earlier pregnancies.
-- reads: birth_events, loss_events, run_params
-- writes: event_windows
-- grain: one birth event
-- key: member_id, event_number
WITH nominal AS (
  SELECT b.member_id, b.event_number, b.delivery_date, b.gestation_weeks, b.pregnancy_start_date, b.is_too_soon,
    CAST(CASE WHEN p.anchor = 'delivery_stay' THEN b.stay_start_date ELSE b.delivery_date END - INTERVAL (p.days_before) DAY AS DATE) AS window_start_date,
    CAST(CASE WHEN p.anchor = 'delivery_stay' THEN b.stay_end_date ELSE b.delivery_date END + INTERVAL (p.days_after) DAY AS DATE) AS window_end_date
  FROM birth_events AS b
  CROSS JOIN run_params AS p
),
bounds AS (
  SELECT n.member_id, n.event_number, e.window_end_date AS bound_date
  FROM nominal AS n
  JOIN nominal AS e ON e.member_id = n.member_id
  WHERE e.delivery_date < n.delivery_date AND e.is_too_soon = 0 AND e.window_end_date >= n.window_start_date
  UNION ALL
  SELECT n.member_id, n.event_number, l.loss_date AS bound_date
  FROM nominal AS n
  JOIN loss_events AS l ON l.member_id = n.member_id
  WHERE l.loss_date < n.delivery_date AND l.loss_date >= n.window_start_date
),
latest AS (
  SELECT member_id, event_number, MAX(bound_date) AS bound_date FROM bounds GROUP BY member_id, event_number
)
SELECT n.member_id, n.event_number, n.delivery_date, n.is_too_soon, n.window_start_date, n.window_end_date,
  CASE
    WHEN m.bound_date IS NULL THEN n.window_start_date
    ELSE GREATEST(
      n.window_start_date,
      CAST(m.bound_date + INTERVAL 1 DAY AS DATE),
      CASE WHEN n.gestation_weeks IS NOT NULL THEN n.pregnancy_start_date ELSE n.window_start_date END
    )
  END AS episode_start_date,
  n.window_end_date AS episode_end_date
FROM nominal AS n
LEFT JOIN latest AS m ON m.member_id = n.member_id AND m.event_number = n.event_number
