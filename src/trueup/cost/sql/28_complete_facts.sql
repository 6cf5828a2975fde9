-- Adds the two facts that need costs to those gathered before costing.
-- reads: base_facts, outlier_checks, run_params
-- writes: exclusion_facts
-- grain: one fact of one episode
-- key: episode_id, fact
SELECT episode_id, fact, fact_value FROM base_facts
UNION ALL
SELECT o.episode_id, 'cost_above_high_line' AS fact, CAST(CASE WHEN p.outlier_method = 'truncate' THEN 0 ELSE o.is_above_high END AS BIGINT) AS fact_value
FROM outlier_checks AS o CROSS JOIN run_params AS p
UNION ALL
SELECT o.episode_id, 'cost_below_low_line' AS fact, CAST(CASE WHEN p.outlier_method = 'truncate' THEN 0 ELSE o.is_below_low END AS BIGINT) AS fact_value
FROM outlier_checks AS o CROSS JOIN run_params AS p
