-- Applies the program's exclusion rules to the facts, in rule order.
-- reads: base_facts, outlier_checks, rule_exclusions, run_params
-- writes: exclusion_hits
-- grain: one exclusion reason of one episode
-- key: episode_id, position
WITH facts AS (
  SELECT episode_id, fact, fact_value FROM base_facts
  UNION ALL
  SELECT o.episode_id, 'cost_above_high_line' AS fact, CAST(CASE WHEN p.outlier_method = 'truncate' THEN 0 ELSE o.is_above_high END AS BIGINT) AS fact_value
  FROM outlier_checks AS o CROSS JOIN run_params AS p
  UNION ALL
  SELECT episode_id, 'cost_below_low_line' AS fact, CAST(is_below_low AS BIGINT) AS fact_value FROM outlier_checks
)
SELECT f.episode_id, x.position, x.reason, f.fact, f.fact_value
FROM facts AS f
JOIN rule_exclusions AS x ON x.fact = f.fact
WHERE (x.operator = 'ge' AND f.fact_value >= x.threshold) OR (x.operator = 'gt' AND f.fact_value > x.threshold)
  OR (x.operator = 'lt' AND f.fact_value < x.threshold) OR (x.operator = 'le' AND f.fact_value <= x.threshold)
  OR (x.operator = 'eq' AND f.fact_value = x.threshold)
