-- Finds the members with any code of an anchor procedure, so that wide columns are read only for them.
-- reads: claim_lines, claim_diagnoses, claim_procedures, candidate_codes
-- writes: candidate_members
-- grain: one member
-- key: member_id
SELECT d.member_id FROM claim_diagnoses AS d SEMI JOIN candidate_codes AS c ON c.code_system = d.code_system AND c.code = d.code
UNION
SELECT r.member_id FROM claim_procedures AS r SEMI JOIN candidate_codes AS c ON c.code_system = r.code_system AND c.code = r.code
UNION
SELECT l.member_id FROM claim_lines AS l SEMI JOIN candidate_codes AS c ON c.code_system = COALESCE(l.drg_code_type, 'ms-drg') AND c.code = l.drg_code
UNION
SELECT l.member_id FROM claim_lines AS l SEMI JOIN (SELECT code FROM candidate_codes WHERE code_system = 'hcpcs') AS c ON c.code = l.hcpcs_code
