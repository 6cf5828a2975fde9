-- Finds the members with any code of a birth or a loss, so that wide columns are read only for them.
-- reads: visible_lines, claim_diagnoses, claim_procedures, rule_codes
-- writes: candidate_members
-- grain: one member
-- key: member_id
WITH codes AS (
  SELECT DISTINCT code_system, code FROM rule_codes WHERE code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any', 'loss')
)
SELECT d.member_id FROM claim_diagnoses AS d SEMI JOIN codes AS c ON c.code_system = d.code_system AND c.code = d.code
UNION
SELECT r.member_id FROM claim_procedures AS r SEMI JOIN codes AS c ON c.code_system = r.code_system AND c.code = r.code
UNION
SELECT l.member_id FROM visible_lines AS l SEMI JOIN codes AS c ON c.code_system = l.drg_code_type AND c.code = l.drg_code
UNION
SELECT l.member_id FROM visible_lines AS l JOIN codes AS c ON c.code = l.hcpcs_code WHERE c.code_system = 'hcpcs'
UNION
SELECT l.member_id FROM visible_lines AS l JOIN codes AS c ON c.code = l.revenue_center_code WHERE c.code_system = 'revenue'
