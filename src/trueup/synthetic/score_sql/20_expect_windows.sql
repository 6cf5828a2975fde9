-- Recomputes each true birth's window from true dates and weeks with the program's days, cut by the true births and losses before it.
-- reads: true_births, truth_pregnancies, score_params
-- writes: true_windows
-- grain: one true birth
-- key: pregnancy_id
WITH spaced AS (
  SELECT pregnancy_id, LAG(delivery_date) OVER (PARTITION BY member_id ORDER BY delivery_date, pregnancy_id) AS birth_before FROM true_births
),
nominal AS (
  SELECT b.pregnancy_id, b.member_id, b.delivery_date, b.gestation_weeks,
    COALESCE(DATE_DIFF('day', s.birth_before, b.delivery_date) < p.minimum_interval_days, FALSE) AS is_too_soon,
    CAST(CASE WHEN p.anchor = 'delivery_stay' THEN b.admission_date ELSE b.delivery_date END - INTERVAL (p.days_before) DAY AS DATE) AS first_day,
    CAST(CASE WHEN p.anchor = 'delivery_stay' THEN b.discharge_date ELSE b.delivery_date END + INTERVAL (p.days_after) DAY AS DATE) AS last_day
  FROM true_births AS b
  CROSS JOIN score_params AS p
  JOIN spaced AS s ON s.pregnancy_id = b.pregnancy_id
),
endings AS (
  SELECT pregnancy_id, member_id, delivery_date, last_day, is_too_soon FROM nominal
  UNION ALL
  SELECT pregnancy_id, member_id, CAST(delivery_date AS DATE), CAST(delivery_date AS DATE), FALSE FROM truth_pregnancies WHERE outcome = 'loss'
),
bounds AS (
  SELECT n.pregnancy_id, MAX(e.last_day) AS bound_day
  FROM nominal AS n
  JOIN endings AS e ON e.member_id = n.member_id
  WHERE e.delivery_date < n.delivery_date AND NOT e.is_too_soon AND e.last_day >= n.first_day
  GROUP BY n.pregnancy_id
)
SELECT n.pregnancy_id, n.first_day AS nominal_first_day, n.last_day,
  CASE
    WHEN x.bound_day IS NULL THEN n.first_day
    ELSE GREATEST(n.first_day, CAST(x.bound_day + INTERVAL 1 DAY AS DATE), CAST(n.delivery_date - INTERVAL (7 * n.gestation_weeks) DAY AS DATE))
  END AS first_day
FROM nominal AS n
LEFT JOIN bounds AS x ON x.pregnancy_id = n.pregnancy_id
