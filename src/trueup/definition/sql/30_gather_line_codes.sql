-- Gathers every code a line carries: its own codes, and the DRG and ICD procedures of its claim.
-- reads: definition_lines, member_lines, candidate_procedures
-- writes: definition_line_codes
-- grain: one code of one code system on one line
-- key: version_id, claim_line_number, code_system, code
WITH claims AS (
  SELECT l.version_id, MIN(COALESCE(l.claim_start_date, l.line_start_date)) AS claim_start_date,
    MIN(l.drg_code) AS drg_code, COALESCE(MIN(l.drg_code_type), 'ms-drg') AS drg_code_type
  FROM member_lines AS l
  SEMI JOIN definition_lines AS d ON d.version_id = l.version_id
  GROUP BY l.version_id
),
procedures AS (
  SELECT p.version_id, p.code_system, p.code, MIN(p.position) AS position
  FROM candidate_procedures AS p
  SEMI JOIN claims AS c ON c.version_id = p.version_id
  GROUP BY p.version_id, p.code_system, p.code
)
SELECT version_id, claim_line_number, 'hcpcs' AS code_system, hcpcs_code AS code, 1 AS position, line_start_date AS in_force_date
FROM definition_lines WHERE hcpcs_code IS NOT NULL
UNION ALL
SELECT version_id, claim_line_number, 'revenue' AS code_system, revenue_center_code AS code, 1 AS position, line_start_date AS in_force_date
FROM definition_lines WHERE revenue_center_code IS NOT NULL
UNION ALL
SELECT version_id, claim_line_number, 'ndc' AS code_system, ndc_code AS code, 1 AS position, line_start_date AS in_force_date
FROM definition_lines WHERE ndc_code IS NOT NULL
UNION ALL
SELECT d.version_id, d.claim_line_number, c.drg_code_type AS code_system, c.drg_code AS code, 1 AS position, c.claim_start_date AS in_force_date
FROM definition_lines AS d JOIN claims AS c ON c.version_id = d.version_id WHERE c.drg_code IS NOT NULL
UNION ALL
SELECT d.version_id, d.claim_line_number, p.code_system, p.code, p.position, c.claim_start_date AS in_force_date
FROM definition_lines AS d
JOIN procedures AS p ON p.version_id = d.version_id
JOIN claims AS c ON c.version_id = d.version_id
