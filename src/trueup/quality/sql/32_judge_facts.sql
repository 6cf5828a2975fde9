-- Compares the facts of each unit with the criteria that name them; a fact that is not known satisfies nothing.
-- reads: measured_units, unit_facts, rule_criteria
-- writes: fact_findings
-- grain: one fact criterion of one unit whose fact is known
-- key: measure_id, unit_id, part, criterion
SELECT u.measure_id, u.version, u.unit_id, c.part, c.criterion, c.criteria_group,
  CASE c.operator
    WHEN 'known' THEN 1
    WHEN 'lt' THEN CASE WHEN f.fact_value < c.value_low THEN 1 ELSE 0 END
    WHEN 'le' THEN CASE WHEN f.fact_value <= c.value_low THEN 1 ELSE 0 END
    WHEN 'eq' THEN CASE WHEN f.fact_value = c.value_low THEN 1 ELSE 0 END
    WHEN 'ne' THEN CASE WHEN f.fact_value <> c.value_low THEN 1 ELSE 0 END
    WHEN 'ge' THEN CASE WHEN f.fact_value >= c.value_low THEN 1 ELSE 0 END
    WHEN 'gt' THEN CASE WHEN f.fact_value > c.value_low THEN 1 ELSE 0 END
    WHEN 'between' THEN CASE WHEN f.fact_value >= c.value_low AND f.fact_value <= c.value_high THEN 1 ELSE 0 END
    ELSE 0
  END AS is_met,
  f.fact_value
FROM measured_units AS u
JOIN rule_criteria AS c ON c.measure_id = u.measure_id AND c.version = u.version
JOIN unit_facts AS f ON f.unit_id = u.unit_id AND f.fact = c.fact
WHERE f.fact_value IS NOT NULL
