-- Keeps, of the risk scores known by the as-of date, the latest of each member and delivery.
-- reads: risk_scores, run_params
-- writes: visible_risk_scores
-- grain: one member and delivery of a program
-- key: program, member_id, delivery_date
WITH ranked AS (
  SELECT r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.program, r.member_id, r.delivery_date ORDER BY r.known_date DESC NULLS LAST, r.source_file, r.source_row
    ) AS score_number
  FROM risk_scores AS r
  CROSS JOIN run_params AS p
  WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT program, member_id, delivery_date, risk_score FROM ranked WHERE score_number = 1
