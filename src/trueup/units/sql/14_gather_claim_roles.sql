-- Looks up what each claim's diagnoses, procedures and DRG mean to the program.
-- reads: member_lines, claim_diagnoses, claim_procedures, rule_codes
-- writes: claim_roles
-- grain: one meaning of one code position of a claim version
-- key: version_id, code_role, source, position, code_value, procedure_date
WITH claims AS (
  SELECT version_id, MIN(COALESCE(claim_start_date, line_start_date)) AS claim_start_date, MIN(drg_code) AS drg_code, COALESCE(MIN(drg_code_type), 'ms-drg') AS drg_code_type
  FROM member_lines
  GROUP BY version_id
),
codes AS (
  SELECT d.version_id, 'diagnosis' AS source, d.position, d.code_system, d.code, CAST(NULL AS DATE) AS procedure_date
  FROM claim_diagnoses AS d SEMI JOIN claims AS c ON c.version_id = d.version_id
  UNION
  SELECT d.version_id, 'diagnosis' AS source, d.position, 'icd-10-cm-category' AS code_system, SUBSTRING(d.code, 1, 3) AS code, CAST(NULL AS DATE) AS procedure_date
  FROM claim_diagnoses AS d SEMI JOIN claims AS c ON c.version_id = d.version_id
  WHERE d.code_system = 'icd-10-cm'
  UNION
  SELECT p.version_id, 'procedure' AS source, p.position, p.code_system, p.code, p.procedure_date
  FROM claim_procedures AS p SEMI JOIN claims AS c ON c.version_id = p.version_id
  UNION
  SELECT version_id, 'drg' AS source, 1 AS position, drg_code_type AS code_system, drg_code AS code, CAST(NULL AS DATE) AS procedure_date
  FROM claims WHERE drg_code IS NOT NULL
)
SELECT DISTINCT c.version_id, r.code_role, c.source, c.position, r.code_value, c.procedure_date
FROM codes AS c
JOIN claims AS k ON k.version_id = c.version_id
JOIN rule_codes AS r ON r.code_system = c.code_system AND r.code = c.code
WHERE k.claim_start_date >= r.effective_from AND k.claim_start_date < r.effective_to
