-- Joins the enrollment spans of members with episodes into spans of unbroken coverage.
-- reads: measured_episodes, candidate_eligibility
-- writes: coverage_spans
-- grain: one span of unbroken coverage of one member
-- key: member_id, first_day
WITH rows_in_force AS (
  SELECT g.member_id, g.enrollment_start_date, COALESCE(g.enrollment_end_date, CAST('9999-12-31' AS DATE)) AS enrollment_end_date
  FROM candidate_eligibility AS g
  SEMI JOIN measured_episodes AS e ON e.member_id = g.member_id
  WHERE g.enrollment_start_date IS NOT NULL
),
ordered AS (
  SELECT member_id, enrollment_start_date, enrollment_end_date,
    MAX(enrollment_end_date) OVER (
      PARTITION BY member_id ORDER BY enrollment_start_date, enrollment_end_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end
  FROM rows_in_force
),
numbered AS (
  SELECT member_id, enrollment_start_date, enrollment_end_date,
    CAST(SUM(CASE WHEN earlier_end IS NULL OR DATE_DIFF('day', earlier_end, enrollment_start_date) > 1 THEN 1 ELSE 0 END) OVER (
      PARTITION BY member_id ORDER BY enrollment_start_date, enrollment_end_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) AS span_number
  FROM ordered
)
SELECT member_id, MIN(enrollment_start_date) AS first_day, MAX(enrollment_end_date) AS last_day
FROM numbered
GROUP BY member_id, span_number
