-- Counts how many units of an entity and period have each value of a measure that is a mean, so that any mean can be taken exactly.
-- reads: measure_results, rule_measures, unit_facts
-- writes: measure_values
-- grain: one value of one measure, entity and period
-- key: measure_id, entity_id, period, fact_value
SELECT r.measure_id, r.entity_id, r.period, f.fact_value, COUNT(*) AS units
FROM measure_results AS r
JOIN rule_measures AS m ON m.measure_id = r.measure_id AND m.version = r.version
JOIN unit_facts AS f ON f.unit_id = r.unit_id AND f.fact = m.fact
WHERE r.status = 'denominator' AND r.entity_id IS NOT NULL
GROUP BY r.measure_id, r.entity_id, r.period, f.fact_value
