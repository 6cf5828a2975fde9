-- Lists the codes that make a member a candidate: another list of codes changes nothing here, and the members need not be found again.
-- reads: rule_codes
-- writes: candidate_codes
-- grain: one code and what it is asked for
-- key: code_role, code_system, code
SELECT DISTINCT CASE WHEN code_role = 'inpatient' THEN 'inpatient' ELSE 'psychiatry' END AS code_role, code_system, code
FROM rule_codes
WHERE code_role IN ('psychiatric', 'mental_illness', 'self_harm') OR (code_role = 'inpatient' AND code_system = 'bill-type')
