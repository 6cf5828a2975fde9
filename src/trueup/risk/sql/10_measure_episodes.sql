-- Measures each episode for the factors that are numbers: age at delivery, fetuses, covered days in the look-back, band of the area.
-- reads: episode_units, candidate_eligibility, eligibility_count, visible_area_index, rule_risk
-- writes: risk_measures
-- grain: one measure of one episode
-- key: episode_id, source
WITH people AS (SELECT member_id, MIN(birth_date) AS birth_date FROM candidate_eligibility GROUP BY member_id),
spans AS (
  SELECT e.episode_id, e.member_id, e.delivery_date,
    CAST(e.pregnancy_start_date - INTERVAL (r.lookback_days) DAY AS DATE) AS first_day,
    CAST(e.pregnancy_start_date - INTERVAL 1 DAY AS DATE) AS last_day
  FROM episode_units AS e
  CROSS JOIN rule_risk AS r
),
covered AS (
  SELECT s.episode_id,
    GREATEST(g.enrollment_start_date, s.first_day) AS from_date,
    LEAST(COALESCE(g.enrollment_end_date, s.last_day), s.last_day) AS through_date
  FROM spans AS s
  JOIN candidate_eligibility AS g ON g.member_id = s.member_id
  WHERE g.enrollment_start_date <= s.last_day AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= s.first_day)
),
-- Spans may overlap; a day counts once.
ordered AS (
  SELECT episode_id, from_date, through_date,
    MAX(through_date) OVER (PARTITION BY episode_id ORDER BY from_date, through_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_end
  FROM covered
),
history AS (
  SELECT episode_id,
    CAST(SUM(GREATEST(DATE_DIFF('day', GREATEST(from_date, COALESCE(CAST(earlier_end + INTERVAL 1 DAY AS DATE), from_date)), through_date) + 1, 0)) AS BIGINT) AS days
  FROM ordered
  GROUP BY episode_id
),
homes AS (
  SELECT s.episode_id, s.delivery_date, SUBSTRING(g.zip_code, 1, 5) AS zip_code,
    ROW_NUMBER() OVER (PARTITION BY s.episode_id ORDER BY g.enrollment_start_date DESC, SUBSTRING(g.zip_code, 1, 5)) AS home_number
  FROM spans AS s
  JOIN candidate_eligibility AS g ON g.member_id = s.member_id
  WHERE g.zip_code IS NOT NULL AND g.enrollment_start_date <= s.delivery_date AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= s.delivery_date)
),
areas AS (
  SELECT h.episode_id, a.band, ROW_NUMBER() OVER (PARTITION BY h.episode_id ORDER BY a.effective_from DESC, a.band) AS area_number
  FROM homes AS h
  JOIN visible_area_index AS a ON a.zip_code = h.zip_code
  WHERE h.home_number = 1 AND a.effective_from <= h.delivery_date AND (a.effective_to IS NULL OR h.delivery_date < a.effective_to)
)
SELECT s.episode_id, 'age' AS source,
  CAST(YEAR(s.delivery_date) - YEAR(q.birth_date)
    - CASE WHEN MONTH(s.delivery_date) * 100 + DAY(s.delivery_date) < MONTH(q.birth_date) * 100 + DAY(q.birth_date) THEN 1 ELSE 0 END AS BIGINT) AS measure
FROM spans AS s
JOIN people AS q ON q.member_id = s.member_id
WHERE q.birth_date IS NOT NULL
UNION ALL
SELECT e.episode_id, 'fetus_count' AS source, CAST(e.fetus_count AS BIGINT) AS measure FROM episode_units AS e CROSS JOIN rule_risk AS r
UNION ALL
SELECT s.episode_id, 'history_days' AS source, COALESCE(h.days, 0) AS measure
FROM spans AS s
CROSS JOIN eligibility_count AS k
LEFT JOIN history AS h ON h.episode_id = s.episode_id
WHERE k.rows_known > 0
UNION ALL
SELECT episode_id, 'area_band' AS source, CAST(band AS BIGINT) AS measure FROM areas WHERE area_number = 1
