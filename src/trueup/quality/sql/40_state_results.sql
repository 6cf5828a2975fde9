-- Gives each unit of a measure's population its status: excluded, numerator, excepted or denominator, in this order.
-- reads: measured_units, event_findings, fact_findings
-- writes: measure_results
-- grain: one unit in the population of one measure
-- key: measure_id, unit_id
WITH met AS (
  SELECT measure_id, unit_id, part, criteria_group FROM event_findings WHERE is_met = 1
  UNION
  SELECT measure_id, unit_id, part, criteria_group FROM fact_findings WHERE is_met = 1
),
counted AS (
  SELECT measure_id, unit_id,
    COUNT(CASE WHEN part = 'population' THEN 1 END) AS population_met,
    COUNT(CASE WHEN part = 'numerator' THEN 1 END) AS numerator_met,
    COUNT(CASE WHEN part = 'exclusions' THEN 1 END) AS exclusions_met,
    COUNT(CASE WHEN part = 'exceptions' THEN 1 END) AS exceptions_met
  FROM met
  GROUP BY measure_id, unit_id
)
SELECT u.measure_id, u.version, u.entity_id, u.period, u.unit_id,
  CASE
    WHEN COALESCE(c.exclusions_met, 0) > 0 THEN 'excluded'
    WHEN u.numerator_groups > 0 AND COALESCE(c.numerator_met, 0) = u.numerator_groups THEN 'numerator'
    WHEN COALESCE(c.exceptions_met, 0) > 0 THEN 'excepted'
    ELSE 'denominator'
  END AS status
FROM measured_units AS u
LEFT JOIN counted AS c ON c.measure_id = u.measure_id AND c.unit_id = u.unit_id
WHERE COALESCE(c.population_met, 0) = u.population_groups
