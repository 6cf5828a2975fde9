-- Says of each stay how far coverage lasts without a gap from its last day on, how many of its days are not covered, and who the member is.
-- reads: hospital_stays, candidate_eligibility, eligibility_count, stay_lines, stay_roles
-- writes: stay_coverage
-- grain: one stay
-- key: stay_id
WITH people AS (
  SELECT member_id, MIN(birth_date) AS birth_date, MIN(death_date) AS death_date, MIN(LOWER(gender)) AS gender, MIN(race) AS race, MIN(ethnicity) AS ethnicity
  FROM candidate_eligibility
  GROUP BY member_id
),
spans AS (
  SELECT g.member_id, g.enrollment_start_date AS from_date, COALESCE(g.enrollment_end_date, CAST('9999-12-31' AS DATE)) AS through_date,
    MAX(COALESCE(g.enrollment_end_date, CAST('9999-12-31' AS DATE))) OVER (
      PARTITION BY g.member_id ORDER BY g.enrollment_start_date, g.enrollment_end_date, g.batch_id, g.source_file, g.source_row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end,
    g.batch_id, g.source_file, g.source_row, g.enrollment_end_date
  FROM candidate_eligibility AS g
  SEMI JOIN hospital_stays AS s ON s.member_id = g.member_id
),
numbered AS (
  SELECT member_id, from_date, through_date,
    CAST(SUM(CASE WHEN earlier_end IS NULL OR DATE_DIFF('day', earlier_end, from_date) > 1 THEN 1 ELSE 0 END) OVER (
      PARTITION BY member_id ORDER BY from_date, enrollment_end_date, batch_id, source_file, source_row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) AS island
  FROM spans
),
islands AS (SELECT member_id, island, MIN(from_date) AS from_date, MAX(through_date) AS through_date FROM numbered GROUP BY member_id, island),
after_stay AS (
  SELECT s.stay_id, MAX(LEAST(DATE_DIFF('day', s.last_day, i.through_date), 400)) AS covered_through_day
  FROM hospital_stays AS s
  JOIN islands AS i ON i.member_id = s.member_id
  WHERE i.from_date <= s.last_day AND i.through_date >= s.last_day
  GROUP BY s.stay_id
),
in_stay AS (
  SELECT s.stay_id, CAST(SUM(DATE_DIFF('day', GREATEST(s.admission_date, i.from_date), LEAST(s.last_day, i.through_date)) + 1) AS BIGINT) AS days
  FROM hospital_stays AS s
  JOIN islands AS i ON i.member_id = s.member_id
  WHERE i.from_date <= s.last_day AND i.through_date >= s.admission_date
  GROUP BY s.stay_id
),
hospice AS (
  SELECT DISTINCT l.member_id, YEAR(l.line_start_date) AS hospice_year
  FROM stay_lines AS l
  JOIN stay_roles AS r ON r.version_id = l.version_id AND (r.claim_line_number = l.claim_line_number OR r.claim_line_number = 0)
  WHERE r.code_role = 'hospice'
)
SELECT s.stay_id, p.birth_date, CASE WHEN h.rows_known > 0 AND p.birth_date IS NULL THEN 1 ELSE 0 END AS is_birth_date_missing, p.gender, p.race, p.ethnicity,
  CASE WHEN h.rows_known = 0 THEN 400 ELSE a.covered_through_day END AS covered_through_day,
  CASE WHEN h.rows_known = 0 THEN 0 ELSE DATE_DIFF('day', s.admission_date, s.last_day) + 1 - COALESCE(i.days, 0) END AS uncovered_days,
  CASE WHEN q.member_id IS NOT NULL THEN 1 ELSE 0 END AS has_hospice,
  CASE WHEN YEAR(p.death_date) = YEAR(s.last_day) THEN 1 ELSE 0 END AS died_in_year,
  YEAR(s.admission_date) - YEAR(p.birth_date)
    - CASE WHEN MONTH(s.admission_date) * 100 + DAY(s.admission_date) < MONTH(p.birth_date) * 100 + DAY(p.birth_date) THEN 1 ELSE 0 END AS age_at_admission,
  YEAR(s.last_day) - YEAR(p.birth_date)
    - CASE WHEN MONTH(s.last_day) * 100 + DAY(s.last_day) < MONTH(p.birth_date) * 100 + DAY(p.birth_date) THEN 1 ELSE 0 END AS age_at_discharge
FROM hospital_stays AS s
CROSS JOIN eligibility_count AS h
LEFT JOIN people AS p ON p.member_id = s.member_id
LEFT JOIN after_stay AS a ON a.stay_id = s.stay_id
LEFT JOIN in_stay AS i ON i.stay_id = s.stay_id
LEFT JOIN hospice AS q ON q.member_id = s.member_id AND q.hospice_year = YEAR(s.last_day)
