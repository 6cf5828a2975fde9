-- Applies the program's exclusion rules to the facts, in rule order.
-- reads: exclusion_facts, rule_exclusions
-- writes: exclusion_hits
-- grain: one exclusion reason of one episode
-- key: episode_id, position
SELECT f.episode_id, x.position, x.reason, f.fact, f.fact_value
FROM exclusion_facts AS f
JOIN rule_exclusions AS x ON x.fact = f.fact
WHERE (x.operator = 'ge' AND f.fact_value >= x.threshold) OR (x.operator = 'gt' AND f.fact_value > x.threshold)
  OR (x.operator = 'lt' AND f.fact_value < x.threshold) OR (x.operator = 'le' AND f.fact_value <= x.threshold)
  OR (x.operator = 'eq' AND f.fact_value = x.threshold)
