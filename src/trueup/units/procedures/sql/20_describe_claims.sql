-- Describes each claim: its dates, and whether it shows an anchor procedure (in the column that births use for a delivery).
-- reads: member_lines, claim_roles, line_roles
-- writes: member_claims
-- grain: one final claim version of a candidate member
-- key: version_id
WITH anchors AS (
  SELECT version_id FROM claim_roles WHERE code_role = 'anchor'
  UNION
  SELECT version_id FROM line_roles WHERE code_role = 'anchor' AND source = 'hcpcs'
),
claims AS (
  SELECT version_id, MIN(claim_id) AS claim_id, MIN(member_id) AS member_id, MIN(claim_type) AS claim_type,
    MIN(COALESCE(CASE WHEN is_inpatient THEN admission_date END, claim_start_date, line_start_date)) AS from_date,
    MAX(COALESCE(CASE WHEN is_inpatient THEN discharge_date END, claim_end_date, claim_start_date, line_start_date)) AS through_date,
    MAX(CASE WHEN is_inpatient THEN 1 ELSE 0 END) AS is_inpatient
  FROM member_lines
  GROUP BY version_id
)
SELECT c.version_id, c.claim_id, c.member_id, c.claim_type, c.from_date, GREATEST(c.from_date, c.through_date) AS through_date, c.is_inpatient,
  0 AS is_newborn,
  CASE WHEN a.version_id IS NULL THEN 0 ELSE 1 END AS has_delivery_code
FROM claims AS c
LEFT JOIN anchors AS a ON a.version_id = c.version_id
