-- I-16: a pregnancy with a month that nobody or more than one entity holds, from its first trigger to its last month.
-- reads: attribution_months, pregnancy_frames, holder_moves
-- writes: check_months_have_one_holder
-- grain: one pregnancy out of order
-- key: pregnancy_id
WITH spans AS (
  SELECT f.pregnancy_id, MAX(f.last_month_number) - MIN(m.month_number) + 1 AS months
  FROM pregnancy_frames AS f
  JOIN holder_moves AS m ON m.pregnancy_id = f.pregnancy_id
  GROUP BY f.pregnancy_id
),
held AS (
  SELECT pregnancy_id, COUNT(*) AS rows_held, COUNT(DISTINCT month_number) AS months_held FROM attribution_months WHERE status = 'attributed' GROUP BY pregnancy_id
)
SELECT s.pregnancy_id, s.months, h.rows_held, h.months_held
FROM spans AS s
LEFT JOIN held AS h ON h.pregnancy_id = s.pregnancy_id
WHERE GREATEST(s.months, 0) <> COALESCE(h.rows_held, 0) OR GREATEST(s.months, 0) <> COALESCE(h.months_held, 0)
