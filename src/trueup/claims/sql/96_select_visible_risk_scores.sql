-- Keeps the risk_scores rows known by the as-of date.
-- reads: risk_scores, run_params
-- writes: visible_risk_scores
-- grain: one risk_scores row
-- key: program, member_id, delivery_date
SELECT r.* FROM risk_scores AS r CROSS JOIN run_params AS p WHERE r.known_date IS NULL OR r.known_date <= p.as_of
