-- Puts the measured units of each entity in the order in which they ended, met or not, of measures that a check follows from unit to unit.
-- reads: measure_results, measure_units, rule_monitor_sequences
-- writes: measured_sequences
-- grain: one unit of one measure
-- key: measure_id, entity_id, period, unit_id
SELECT r.measure_id, r.entity_id, r.period, r.unit_id,
  CASE WHEN r.status = 'numerator' THEN 1 ELSE 0 END AS is_met,
  ROW_NUMBER() OVER (PARTITION BY r.measure_id, r.entity_id, r.period ORDER BY u.end_date, r.unit_id) AS unit_number
FROM measure_results AS r
SEMI JOIN rule_monitor_sequences AS k ON k.measure_id = r.measure_id
JOIN measure_units AS u ON u.unit_id = r.unit_id
WHERE r.status IN ('numerator', 'denominator')
