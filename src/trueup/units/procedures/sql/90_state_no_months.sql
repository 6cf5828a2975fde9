-- Holds no month: a procedure has no monthly payment.
-- reads: run_params
-- writes: candidate_months
-- grain: one entity in one month
-- key: episode_id, month_number, entity_id
SELECT CAST(NULL AS VARCHAR) AS episode_id, CAST(NULL AS INTEGER) AS month_number, CAST(NULL AS VARCHAR) AS entity_id, CAST(NULL AS VARCHAR) AS status
FROM run_params
WHERE program IS NULL
