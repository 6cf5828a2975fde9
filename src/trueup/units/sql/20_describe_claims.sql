-- Describes each claim: its dates, and whether it shows a delivery, a loss or a newborn.
-- reads: member_lines, claim_roles, line_roles
-- writes: member_claims
-- grain: one final claim version of a candidate member
-- key: version_id
WITH marks AS (
  SELECT version_id, code_role, source FROM claim_roles
  WHERE code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any', 'loss', 'newborn')
  UNION ALL
  SELECT version_id, code_role, source FROM line_roles
  WHERE code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any', 'loss', 'newborn')
),
flags AS (
  SELECT version_id,
    MAX(CASE WHEN code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any') THEN 1 ELSE 0 END) AS has_delivery_code,
    MAX(CASE WHEN code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any') AND source <> 'diagnosis' THEN 1 ELSE 0 END) AS has_delivery_service,
    MAX(CASE WHEN code_role = 'delivery_cesarean' THEN 1 ELSE 0 END) AS has_cesarean,
    MAX(CASE WHEN code_role = 'loss' THEN 1 ELSE 0 END) AS has_loss,
    MAX(CASE WHEN code_role = 'newborn' AND source = 'drg' THEN 1 ELSE 0 END) AS has_newborn_drg,
    MAX(CASE WHEN code_role = 'newborn' AND source = 'diagnosis' THEN 1 ELSE 0 END) AS has_newborn_diagnosis
  FROM marks
  GROUP BY version_id
),
claims AS (
  SELECT version_id, MIN(claim_id) AS claim_id, MIN(member_id) AS member_id, MIN(claim_type) AS claim_type,
    MIN(COALESCE(CASE WHEN is_inpatient THEN admission_date END, claim_start_date, line_start_date)) AS from_date,
    MAX(COALESCE(CASE WHEN is_inpatient THEN discharge_date END, claim_end_date, claim_start_date, line_start_date)) AS through_date,
    MAX(CASE WHEN is_inpatient THEN 1 ELSE 0 END) AS is_inpatient,
    MAX(CASE WHEN place_of_service_code IN ('12', '21', '25') THEN 1 ELSE 0 END) AS is_birth_place
  FROM member_lines
  GROUP BY version_id
)
SELECT c.version_id, c.claim_id, c.member_id, c.claim_type, c.from_date, GREATEST(c.from_date, c.through_date) AS through_date,
  c.is_inpatient, c.is_birth_place,
  COALESCE(f.has_cesarean, 0) AS has_cesarean,
  COALESCE(f.has_loss, 0) AS has_loss,
  CASE WHEN COALESCE(f.has_newborn_drg, 0) = 1 OR (COALESCE(f.has_newborn_diagnosis, 0) = 1 AND COALESCE(f.has_delivery_code, 0) = 0) THEN 1 ELSE 0 END AS is_newborn,
  CASE WHEN COALESCE(f.has_newborn_drg, 0) = 1 THEN 0 ELSE COALESCE(f.has_delivery_code, 0) END AS has_delivery_code,
  CASE WHEN COALESCE(f.has_newborn_drg, 0) = 1 THEN 0 ELSE COALESCE(f.has_delivery_service, 0) END AS has_delivery_service
FROM claims AS c
LEFT JOIN flags AS f ON f.version_id = c.version_id
