-- Describes the claims of these lines: whether one is a newborn's, has a diagnosis at all, one of pregnancy, or a principal one that keeps it out.
-- reads: case_rate_roles, member_claims, claim_roles, candidate_diagnoses, rule_carve_outs
-- writes: case_rate_claims
-- grain: one claim version with a line of the case rate
-- key: version_id
WITH kept_out AS (SELECT DISTINCT code_role FROM rule_carve_outs),
facts AS (
  SELECT version_id, 0 AS has_diagnosis, 0 AS is_pregnant, is_newborn AS is_kept_out FROM member_claims
  UNION ALL
  SELECT version_id, 1 AS has_diagnosis, 0 AS is_pregnant, 0 AS is_kept_out FROM candidate_diagnoses
  UNION ALL
  SELECT r.version_id, 0 AS has_diagnosis, CASE WHEN r.code_role = 'pregnancy' THEN 1 ELSE 0 END AS is_pregnant,
    CASE WHEN r.position = 1 AND o.code_role IS NOT NULL THEN 1 ELSE 0 END AS is_kept_out
  FROM claim_roles AS r
  LEFT JOIN kept_out AS o ON o.code_role = r.code_role
  WHERE r.source = 'diagnosis'
)
SELECT f.version_id, MAX(f.has_diagnosis) AS has_diagnosis, MAX(f.is_pregnant) AS is_pregnant, MAX(f.is_kept_out) AS is_kept_out
FROM facts AS f
SEMI JOIN case_rate_roles AS m ON m.version_id = f.version_id
GROUP BY f.version_id
