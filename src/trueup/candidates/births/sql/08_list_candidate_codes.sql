-- Lists the codes that make a member a candidate: another list of codes changes nothing here, and the members need not be found again.
-- reads: rule_codes
-- writes: candidate_codes
-- grain: one code and what it is asked for
-- key: is_care, code_system, code
SELECT DISTINCT FALSE AS is_care, code_system, code
FROM rule_codes
WHERE code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any', 'loss', 'trigger')
UNION ALL
SELECT DISTINCT TRUE AS is_care, code_system, code
FROM rule_codes
WHERE code_system = 'hcpcs' AND code_role IN (
  'case_rate_service', 'case_rate_global', 'case_rate_delivery_postpartum', 'case_rate_antepartum', 'case_rate_delivery', 'case_rate_postpartum'
)
