-- Finds the members with any code of a birth or loss, a trigger, or care of a case rate paid at zero, so that wide columns are read only for them.
-- reads: claim_lines, claim_diagnoses, claim_procedures, candidate_codes
-- writes: candidate_members
-- grain: one member
-- key: member_id
WITH codes AS (SELECT code_system, code FROM candidate_codes WHERE NOT is_care),
categories AS (SELECT code FROM codes WHERE code_system = 'icd-10-cm-category'),
care AS (SELECT code FROM candidate_codes WHERE is_care)
SELECT d.member_id FROM claim_diagnoses AS d SEMI JOIN codes AS c ON c.code_system = d.code_system AND c.code = d.code
UNION
SELECT d.member_id FROM claim_diagnoses AS d SEMI JOIN categories AS c ON c.code = SUBSTRING(d.code, 1, 3) WHERE d.code_system = 'icd-10-cm'
UNION
SELECT r.member_id FROM claim_procedures AS r SEMI JOIN codes AS c ON c.code_system = r.code_system AND c.code = r.code
UNION
SELECT l.member_id FROM claim_lines AS l SEMI JOIN codes AS c ON c.code_system = l.drg_code_type AND c.code = l.drg_code
UNION
SELECT l.member_id FROM claim_lines AS l SEMI JOIN (SELECT code FROM codes WHERE code_system = 'hcpcs') AS c ON c.code = l.hcpcs_code
UNION
SELECT l.member_id FROM claim_lines AS l SEMI JOIN (SELECT code FROM codes WHERE code_system = 'revenue') AS c ON c.code = l.revenue_center_code
UNION
SELECT l.member_id
FROM claim_lines AS l
SEMI JOIN care AS c ON c.code = l.hcpcs_code
WHERE l.claim_type = 'professional' AND l.paid_cents = 0 AND l.allowed_cents > 0
