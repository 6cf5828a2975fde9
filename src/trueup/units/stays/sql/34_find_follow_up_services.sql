-- Finds the services that connect a member to care: visits by a mental-health provider or with a mental-health diagnosis, and services that need neither.
-- reads: stay_lines, stay_roles, hospital_claims, hospital_stays, final_provider, rule_follow_up_provider_types
-- writes: follow_up_services
-- grain: one day of one member with a qualifying service
-- key: member_id, service_date
WITH mental AS (SELECT DISTINCT version_id FROM stay_roles WHERE code_role = 'mental_illness' AND source = 'diagnosis'),
providers AS (
  SELECT r.npi, r.effective_from, r.effective_to
  FROM final_provider AS r
  SEMI JOIN rule_follow_up_provider_types AS t ON t.provider_type = r.provider_type
  WHERE r.npi IS NOT NULL
),
by_provider AS (
  SELECT DISTINCT l.version_id, l.claim_line_number
  FROM stay_lines AS l
  JOIN providers AS r ON r.npi = l.rendering_npi
  WHERE (r.effective_from IS NULL OR r.effective_from <= l.line_start_date) AND (r.effective_to IS NULL OR l.line_start_date < r.effective_to)
),
marks AS (
  SELECT version_id, claim_line_number,
    MAX(CASE WHEN code_role = 'follow_up_service' THEN 1 ELSE 0 END) AS is_service,
    MAX(CASE WHEN code_role = 'follow_up_visit' THEN 1 ELSE 0 END) AS is_visit,
    MAX(CASE WHEN code_role = 'follow_up_with_diagnosis' THEN 1 ELSE 0 END) AS is_with_diagnosis,
    MAX(CASE WHEN code_role = 'inpatient_place' THEN 1 ELSE 0 END) AS is_inpatient_place
  FROM stay_roles
  WHERE claim_line_number > 0
  GROUP BY version_id, claim_line_number
),
outpatient AS (
  SELECT l.version_id, l.claim_line_number, l.member_id, l.line_start_date
  FROM stay_lines AS l
  ANTI JOIN hospital_claims AS h ON h.version_id = l.version_id
  WHERE l.claim_type IN ('professional', 'institutional')
)
SELECT o.member_id, o.line_start_date AS service_date
FROM outpatient AS o
JOIN marks AS k ON k.version_id = o.version_id AND k.claim_line_number = o.claim_line_number
LEFT JOIN mental AS m ON m.version_id = o.version_id
LEFT JOIN by_provider AS b ON b.version_id = o.version_id AND b.claim_line_number = o.claim_line_number
WHERE k.is_inpatient_place = 0
  AND (k.is_service = 1 OR (k.is_visit = 1 AND (m.version_id IS NOT NULL OR b.version_id IS NOT NULL)) OR (k.is_with_diagnosis = 1 AND m.version_id IS NOT NULL))
UNION
SELECT member_id, admission_date AS service_date FROM hospital_stays WHERE stay_kind = 'residential'
