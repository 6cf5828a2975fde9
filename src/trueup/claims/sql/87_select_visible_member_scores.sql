-- Keeps, of the members' risk scores known by the as-of date, the latest of each period.
-- reads: member_scores, run_params
-- writes: visible_member_scores
-- grain: one member and period
-- key: member_id, period
WITH ranked AS (
  SELECT m.*,
    ROW_NUMBER() OVER (PARTITION BY m.member_id, m.period ORDER BY m.known_date DESC NULLS LAST, m.source_file, m.source_row) AS row_number
  FROM member_scores AS m
  JOIN run_params AS p ON p.program = m.program
  WHERE m.known_date IS NULL OR m.known_date <= p.as_of
)
SELECT member_id, period, risk_score FROM ranked WHERE row_number = 1
