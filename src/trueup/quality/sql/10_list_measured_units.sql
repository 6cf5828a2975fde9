-- Lists the units that each measure looks at: those of its kind, in the years of the version that holds for their anchor date.
-- reads: measure_units, rule_measures
-- writes: measured_units
-- grain: one measure of one unit
-- key: measure_id, unit_id
SELECT m.measure_id, m.version, u.unit_id, u.member_id, u.entity_id, u.period, m.population_groups, m.numerator_groups
FROM measure_units AS u
JOIN rule_measures AS m
  ON m.unit_kind = u.unit_kind AND YEAR(u.anchor_date) >= m.first_year AND YEAR(u.anchor_date) <= m.last_year
