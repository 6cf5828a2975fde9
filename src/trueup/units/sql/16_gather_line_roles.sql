-- Looks up what each line's own codes mean to the program.
-- reads: member_lines, rule_codes
-- writes: line_roles
-- grain: one meaning of one line
-- key: version_id, claim_line_number, code_role, source
WITH codes AS (
  SELECT version_id, claim_line_number, line_start_date, 'hcpcs' AS code_system, hcpcs_code AS code FROM member_lines WHERE hcpcs_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date, 'revenue' AS code_system, revenue_center_code AS code FROM member_lines WHERE revenue_center_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date, 'ndc' AS code_system, ndc_code AS code FROM member_lines WHERE ndc_code IS NOT NULL
)
SELECT DISTINCT c.version_id, c.claim_line_number, r.code_role, c.code_system AS source
FROM codes AS c
JOIN rule_codes AS r ON r.code_system = c.code_system AND r.code = c.code
WHERE c.line_start_date >= r.effective_from AND c.line_start_date < r.effective_to
