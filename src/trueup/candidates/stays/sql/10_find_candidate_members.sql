-- Finds the members who were ever an inpatient and have a code of psychiatry, mental illness or self-harm, so that wide columns are read only for them.
-- reads: claim_lines, claim_diagnoses, candidate_codes
-- writes: candidate_members
-- grain: one member
-- key: member_id
WITH bill_types AS (SELECT code FROM candidate_codes WHERE code_role = 'inpatient'),
codes AS (SELECT code_system, code FROM candidate_codes WHERE code_role = 'psychiatry'),
categories AS (SELECT code FROM codes WHERE code_system = 'icd-10-cm-category'),
inpatient_lines AS (
  SELECT l.member_id, l.revenue_center_code, l.drg_code, COALESCE(l.drg_code_type, 'ms-drg') AS drg_code_type
  FROM claim_lines AS l
  LEFT JOIN bill_types AS b ON b.code = SUBSTRING(l.bill_type_code, 1, 2)
  WHERE l.claim_type = 'institutional'
    AND (b.code IS NOT NULL OR (l.bill_type_code IS NULL AND (l.admission_date IS NOT NULL OR l.drg_code IS NOT NULL)))
),
inpatients AS (SELECT DISTINCT member_id FROM inpatient_lines)
SELECT l.member_id FROM inpatient_lines AS l SEMI JOIN codes AS c ON c.code = l.revenue_center_code AND c.code_system = 'revenue'
UNION
SELECT l.member_id FROM inpatient_lines AS l SEMI JOIN codes AS c ON c.code = l.drg_code AND c.code_system = l.drg_code_type
UNION
SELECT d.member_id
FROM claim_diagnoses AS d
SEMI JOIN codes AS c ON c.code_system = d.code_system AND c.code = d.code
SEMI JOIN inpatients AS i ON i.member_id = d.member_id
UNION
SELECT d.member_id
FROM claim_diagnoses AS d
SEMI JOIN categories AS c ON c.code = SUBSTRING(d.code, 1, 3)
SEMI JOIN inpatients AS i ON i.member_id = d.member_id
WHERE d.code_system = 'icd-10-cm'
