-- Sums the results of each measure by hospital, period and group of the members, for a case mix by groups.
-- reads: measure_results, rule_measures, unit_facts, unit_strata
-- writes: measure_sums_by_group
-- grain: one group of one stratum in one measure, entity and period
-- key: measure_id, entity_id, period, stratum, stratum_value
SELECT r.measure_id, r.entity_id, r.period, s.stratum, s.stratum_value, COUNT(*) AS units,
  CAST(SUM(CASE WHEN m.statistic = 'proportion' THEN CASE WHEN r.status = 'numerator' THEN 1 ELSE 0 END ELSE COALESCE(f.fact_value, 0) END) AS BIGINT) AS total
FROM measure_results AS r
JOIN rule_measures AS m ON m.measure_id = r.measure_id AND m.version = r.version
JOIN unit_strata AS s ON s.unit_id = r.unit_id
LEFT JOIN unit_facts AS f ON f.unit_id = r.unit_id AND f.fact = m.fact
WHERE r.status IN ('numerator', 'denominator') AND r.entity_id IS NOT NULL
GROUP BY r.measure_id, r.entity_id, r.period, s.stratum, s.stratum_value
