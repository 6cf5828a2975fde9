-- Finds the coded events of measured members: a value set on a line, or on the header (line 0), of a claim, on a day its code was in force.
-- reads: measured_lines, measured_claims, measured_codes, candidate_diagnoses, candidate_procedures
-- writes: measure_events
-- grain: one value set on one line, or header, of a claim on one day
-- key: version_id, claim_line_number, code_role, event_date
WITH line_codes AS (
  SELECT version_id, claim_line_number, line_start_date AS event_date, 0 AS is_principal, 'hcpcs' AS code_system, hcpcs_code AS code
  FROM measured_lines WHERE hcpcs_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date AS event_date, 0 AS is_principal, 'revenue' AS code_system, revenue_center_code AS code
  FROM measured_lines WHERE revenue_center_code IS NOT NULL
  UNION ALL
  SELECT version_id, claim_line_number, line_start_date AS event_date, 0 AS is_principal, 'ndc' AS code_system, ndc_code AS code
  FROM measured_lines WHERE ndc_code IS NOT NULL
),
line_events AS (
  SELECT k.version_id, k.claim_line_number, c.code_role, k.event_date, k.is_principal
  FROM line_codes AS k
  JOIN measured_codes AS c ON c.code_system = k.code_system AND c.code = k.code
  WHERE k.event_date >= c.effective_from AND k.event_date < c.effective_to
),
-- Meanings first: few codes are asked for, and only claims that have one need be found.
header_meanings AS (
  SELECT d.version_id, CAST(NULL AS DATE) AS procedure_date, CASE WHEN d.position = 1 THEN 1 ELSE 0 END AS is_principal, c.code_role, c.effective_from, c.effective_to
  FROM candidate_diagnoses AS d JOIN measured_codes AS c ON c.code_system = d.code_system AND c.code = d.code
  UNION ALL
  SELECT d.version_id, CAST(NULL AS DATE) AS procedure_date, CASE WHEN d.position = 1 THEN 1 ELSE 0 END AS is_principal, c.code_role, c.effective_from, c.effective_to
  FROM candidate_diagnoses AS d JOIN measured_codes AS c ON c.code = SUBSTRING(d.code, 1, 3)
  WHERE d.code_system = 'icd-10-cm' AND c.code_system = 'icd-10-cm-category'
  UNION ALL
  SELECT p.version_id, p.procedure_date, 0 AS is_principal, c.code_role, c.effective_from, c.effective_to
  FROM candidate_procedures AS p JOIN measured_codes AS c ON c.code_system = p.code_system AND c.code = p.code
  UNION ALL
  SELECT m.version_id, CAST(NULL AS DATE) AS procedure_date, 0 AS is_principal, c.code_role, c.effective_from, c.effective_to
  FROM measured_claims AS m JOIN measured_codes AS c ON c.code_system = m.drg_code_type AND c.code = m.drg_code
),
header_events AS (
  SELECT h.version_id, 0 AS claim_line_number, h.code_role, COALESCE(h.procedure_date, c.claim_date) AS event_date, h.is_principal
  FROM header_meanings AS h
  JOIN measured_claims AS c ON c.version_id = h.version_id
  WHERE COALESCE(h.procedure_date, c.claim_date) >= h.effective_from AND COALESCE(h.procedure_date, c.claim_date) < h.effective_to
),
found AS (
  SELECT version_id, claim_line_number, code_role, event_date, is_principal FROM line_events
  UNION ALL
  SELECT version_id, claim_line_number, code_role, event_date, is_principal FROM header_events
),
events AS (
  SELECT version_id, claim_line_number, code_role, event_date, MAX(is_principal) AS is_principal
  FROM found
  GROUP BY version_id, claim_line_number, code_role, event_date
)
SELECT v.version_id, v.claim_line_number, v.code_role, v.event_date, v.is_principal, c.member_id, c.claim_id, c.claim_type,
  CASE
    WHEN c.is_inpatient = 1 THEN 'inpatient'
    WHEN COALESCE(l.is_emergency, c.is_emergency) = 1 THEN 'emergency'
    ELSE 'other'
  END AS setting
FROM events AS v
JOIN measured_claims AS c ON c.version_id = v.version_id
LEFT JOIN measured_lines AS l ON l.version_id = v.version_id AND l.claim_line_number = v.claim_line_number
