-- Lists the codes that a criterion counts, or asks to stand beside what it counts.
-- reads: rule_measure_codes, rule_criteria
-- writes: measured_codes
-- grain: one code of one value set, in force for a span of days
-- key: code_role, code_system, code, effective_from
WITH roles AS (
  SELECT code_role FROM rule_criteria
  UNION
  SELECT with_role AS code_role FROM rule_criteria
  UNION
  SELECT without_role AS code_role FROM rule_criteria
)
SELECT DISTINCT c.code_role, c.code_system, c.code, c.effective_from, c.effective_to
FROM rule_measure_codes AS c
SEMI JOIN roles AS r ON r.code_role = c.code_role
