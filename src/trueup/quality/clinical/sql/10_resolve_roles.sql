-- Gives every code the part it plays in a measure, through a value set or named by itself.
-- reads: clinical_roles, value_set_codes
-- writes: clinical_role_codes
-- grain: one code in one part of one measure
-- key: measure, role, code_system, code
SELECT r.measure, r.role, v.code_system, v.code
FROM clinical_roles AS r
JOIN value_set_codes AS v ON v.value_set = r.value_set
UNION
SELECT r.measure, r.role, r.code_system, r.code
FROM clinical_roles AS r
WHERE r.code IS NOT NULL
