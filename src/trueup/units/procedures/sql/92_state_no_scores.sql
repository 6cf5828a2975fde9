-- Holds no score of a fitted model: risk comes with the input table of risk scores, or is 1.
-- reads: run_params
-- writes: episode_scores
-- grain: one episode
-- key: episode_id
SELECT CAST(NULL AS VARCHAR) AS episode_id, CAST(NULL AS BIGINT) AS pattern, CAST(NULL AS DECIMAL(9, 6)) AS risk_score
FROM run_params
WHERE program IS NULL
