-- Looks up what each claim's diagnoses, procedures and DRG mean to the program.
-- reads: claim_dates, candidate_diagnoses, candidate_procedures, rule_codes
-- writes: claim_roles
-- grain: one meaning of one code position of a claim version
-- key: version_id, code_role, source, position, code_value, procedure_date
WITH meanings AS (
  SELECT d.version_id, 'diagnosis' AS source, d.position, CAST(NULL AS DATE) AS procedure_date, r.code_role, r.code_value, r.effective_from, r.effective_to
  FROM candidate_diagnoses AS d
  JOIN rule_codes AS r ON r.code_system = d.code_system AND r.code = d.code
  UNION ALL
  SELECT d.version_id, 'diagnosis' AS source, d.position, CAST(NULL AS DATE) AS procedure_date, r.code_role, r.code_value, r.effective_from, r.effective_to
  FROM candidate_diagnoses AS d
  JOIN rule_codes AS r ON r.code = SUBSTRING(d.code, 1, 3)
  WHERE d.code_system = 'icd-10-cm' AND r.code_system = 'icd-10-cm-category'
  UNION ALL
  SELECT p.version_id, 'procedure' AS source, p.position, p.procedure_date, r.code_role, r.code_value, r.effective_from, r.effective_to
  FROM candidate_procedures AS p
  JOIN rule_codes AS r ON r.code_system = p.code_system AND r.code = p.code
  UNION ALL
  SELECT c.version_id, 'drg' AS source, 1 AS position, CAST(NULL AS DATE) AS procedure_date, r.code_role, r.code_value, r.effective_from, r.effective_to
  FROM claim_dates AS c
  JOIN rule_codes AS r ON r.code_system = c.drg_code_type AND r.code = c.drg_code
)
SELECT DISTINCT m.version_id, m.code_role, m.source, m.position, m.code_value, m.procedure_date
FROM meanings AS m
JOIN claim_dates AS c ON c.version_id = m.version_id
WHERE c.claim_start_date >= m.effective_from AND c.claim_start_date < m.effective_to
