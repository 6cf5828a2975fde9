-- Looks up what each code of a claim or line means to the program; line number 0 is the claim itself.
-- reads: stay_lines, candidate_diagnoses, candidate_procedures, rule_codes
-- writes: stay_roles
-- grain: one meaning of one code position of a claim version or line
-- key: version_id, claim_line_number, code_role, source, position
WITH claims AS (
  SELECT version_id, MIN(COALESCE(claim_start_date, line_start_date)) AS code_date, MIN(drg_code_type) AS drg_code_type, MIN(drg_code) AS drg_code,
    MIN(bill_type) AS bill_type, MAX(bill_type_code) AS bill_type_code, MAX(discharge_disposition_code) AS discharge_disposition_code
  FROM stay_lines
  GROUP BY version_id
),
codes AS (
  SELECT d.version_id, 0 AS claim_line_number, k.code_date, 'diagnosis' AS source, d.position, d.code_system, d.code
  FROM candidate_diagnoses AS d JOIN claims AS k ON k.version_id = d.version_id
  UNION ALL
  SELECT d.version_id, 0 AS claim_line_number, k.code_date, 'diagnosis' AS source, d.position, 'icd-10-cm-category' AS code_system, SUBSTRING(d.code, 1, 3) AS code
  FROM candidate_diagnoses AS d JOIN claims AS k ON k.version_id = d.version_id
  WHERE d.code_system = 'icd-10-cm'
  UNION ALL
  SELECT p.version_id, 0 AS claim_line_number, k.code_date, 'procedure' AS source, p.position, p.code_system, p.code
  FROM candidate_procedures AS p JOIN claims AS k ON k.version_id = p.version_id
  UNION ALL
  SELECT version_id, 0 AS claim_line_number, code_date, 'drg' AS source, 1 AS position, drg_code_type AS code_system, drg_code AS code
  FROM claims WHERE drg_code IS NOT NULL
  UNION ALL
  SELECT version_id, 0 AS claim_line_number, code_date, 'bill_type' AS source, 1 AS position, 'bill-type' AS code_system, bill_type AS code
  FROM claims WHERE bill_type IS NOT NULL
  UNION ALL
  SELECT version_id, 0 AS claim_line_number, code_date, 'bill_type' AS source, 1 AS position, 'bill-type' AS code_system, bill_type_code AS code
  FROM claims WHERE LENGTH(bill_type_code) = 3
  UNION ALL
  SELECT version_id, 0 AS claim_line_number, code_date, 'discharge' AS source, 1 AS position, 'discharge-status' AS code_system, discharge_disposition_code AS code
  FROM claims WHERE discharge_disposition_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date AS code_date, 'hcpcs' AS source, 1 AS position, 'hcpcs' AS code_system, hcpcs_code AS code
  FROM stay_lines WHERE hcpcs_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date AS code_date, 'revenue' AS source, 1 AS position, 'revenue' AS code_system, revenue_center_code AS code
  FROM stay_lines WHERE revenue_center_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date AS code_date, 'place' AS source, 1 AS position, 'place-of-service' AS code_system, place_of_service_code AS code
  FROM stay_lines WHERE place_of_service_code IS NOT NULL
)
SELECT DISTINCT c.version_id, c.claim_line_number, r.code_role, c.source, c.position
FROM codes AS c
JOIN rule_codes AS r ON r.code_system = c.code_system AND r.code = c.code
WHERE c.code_date >= r.effective_from AND c.code_date < r.effective_to
