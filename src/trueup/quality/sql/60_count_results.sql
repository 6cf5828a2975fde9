-- Counts the statuses of each measure by entity and period, for everybody and by stratum; units without an entity are in no count.
-- reads: measure_results, unit_strata
-- writes: measure_counts
-- grain: one stratum value of one measure, entity and period
-- key: measure_id, entity_id, period, stratum, stratum_value
WITH strata AS (
  SELECT r.measure_id, r.entity_id, r.period, 'all' AS stratum, 'all' AS stratum_value, r.status
  FROM measure_results AS r
  WHERE r.entity_id IS NOT NULL
  UNION ALL
  SELECT r.measure_id, r.entity_id, r.period, s.stratum, s.stratum_value, r.status
  FROM measure_results AS r
  JOIN unit_strata AS s ON s.unit_id = r.unit_id
  WHERE r.entity_id IS NOT NULL
)
SELECT measure_id, entity_id, period, stratum, stratum_value,
  COUNT(CASE WHEN status IN ('numerator', 'denominator') THEN 1 END) AS denominator,
  COUNT(CASE WHEN status = 'numerator' THEN 1 END) AS numerator,
  COUNT(CASE WHEN status = 'excluded' THEN 1 END) AS excluded,
  COUNT(CASE WHEN status = 'excepted' THEN 1 END) AS excepted
FROM strata
GROUP BY measure_id, entity_id, period, stratum, stratum_value
