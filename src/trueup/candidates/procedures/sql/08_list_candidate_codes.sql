-- Lists the codes that make a member a candidate: another list of codes changes nothing here, and the members need not be found again.
-- reads: rule_codes
-- writes: candidate_codes
-- grain: one code
-- key: code_system, code
SELECT DISTINCT code_system, code FROM rule_codes WHERE code_role = 'anchor'
