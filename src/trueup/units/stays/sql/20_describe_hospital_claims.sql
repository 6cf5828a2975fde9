-- Describes each inpatient claim: its days, its facility, what kind of stay it bills, and how the member left.
-- reads: stay_lines, stay_roles
-- writes: hospital_claims
-- grain: one final inpatient claim version
-- key: version_id
WITH claims AS (
  SELECT version_id, MIN(claim_id) AS claim_id, MIN(member_id) AS member_id, MIN(bill_type) AS bill_type,
    COALESCE(MIN(facility_id), 'unknown') AS facility_id,
    COALESCE(MIN(admission_date), MIN(COALESCE(claim_start_date, line_start_date))) AS from_date,
    COALESCE(MAX(discharge_date), MAX(COALESCE(claim_end_date, line_end_date, claim_start_date, line_start_date))) AS through_date,
    MAX(discharge_disposition_code) AS discharge_disposition_code,
    MAX(CASE WHEN bill_type IS NULL AND (admission_date IS NOT NULL OR drg_code IS NOT NULL) THEN 1 ELSE 0 END) AS looks_inpatient,
    CAST(SUM(paid_cents) AS BIGINT) AS paid_cents
  FROM stay_lines
  WHERE claim_type = 'institutional'
  GROUP BY version_id
),
marks AS (
  SELECT version_id,
    MAX(CASE WHEN code_role = 'inpatient' THEN 1 ELSE 0 END) AS is_inpatient,
    MAX(CASE WHEN code_role = 'residential' THEN 1 ELSE 0 END) AS is_residential,
    MAX(CASE WHEN code_role = 'non_acute' THEN 1 ELSE 0 END) AS is_non_acute,
    MAX(CASE WHEN code_role = 'psychiatric' AND (source <> 'diagnosis' OR position = 1) THEN 1 ELSE 0 END) AS is_psychiatric,
    MAX(CASE WHEN code_role = 'mental_illness' AND source = 'diagnosis' AND position = 1 THEN 1 ELSE 0 END) AS is_mental_principal,
    MAX(CASE WHEN code_role = 'self_harm' THEN 1 ELSE 0 END) AS has_self_harm,
    MAX(CASE WHEN code_role = 'planned' AND (source <> 'diagnosis' OR position = 1) THEN 1 ELSE 0 END) AS has_planned,
    MAX(CASE WHEN code_role = 'acute_diagnosis' AND position = 1 THEN 1 ELSE 0 END) AS has_acute_principal,
    MAX(CASE WHEN code_role = 'still_patient' AND source = 'discharge' THEN 1 ELSE 0 END) AS is_still_patient,
    MAX(CASE WHEN code_role = 'still_patient' AND source = 'bill_type' THEN 1 ELSE 0 END) AS is_interim_bill,
    MAX(CASE WHEN code_role = 'against_advice' THEN 1 ELSE 0 END) AS is_against_advice,
    MAX(CASE WHEN code_role = 'died' THEN 1 ELSE 0 END) AS is_died
  FROM stay_roles
  GROUP BY version_id
),
delays AS (
  SELECT l.version_id, CAST(SUM(CASE
      WHEN l.service_unit_quantity IS NOT NULL THEN CAST(l.service_unit_quantity * 1000 AS BIGINT) // 1000
      ELSE GREATEST(DATE_DIFF('day', l.line_start_date, COALESCE(l.line_end_date, l.line_start_date)), 1) END) AS BIGINT) AS delay_days
  FROM stay_lines AS l
  SEMI JOIN stay_roles AS r ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number AND r.code_role = 'delay_day'
  GROUP BY l.version_id
)
SELECT c.version_id, c.claim_id, c.member_id, c.facility_id, c.from_date, GREATEST(c.from_date, c.through_date) AS through_date, c.paid_cents,
  CASE WHEN m.is_residential = 1 THEN 'residential' WHEN m.is_non_acute = 1 THEN 'non_acute' WHEN m.is_psychiatric = 1 THEN 'psychiatric' ELSE 'acute' END AS stay_kind,
  COALESCE(m.is_mental_principal, 0) AS is_mental_principal, COALESCE(m.has_self_harm, 0) AS has_self_harm,
  CASE WHEN m.has_planned = 1 AND m.has_acute_principal = 0 THEN 1 ELSE 0 END AS is_planned,
  CASE WHEN m.is_still_patient = 1 OR (m.is_interim_bill = 1 AND c.discharge_disposition_code IS NULL) THEN 1 ELSE 0 END AS is_still_patient, COALESCE(m.is_against_advice, 0) AS is_against_advice, COALESCE(m.is_died, 0) AS is_died,
  GREATEST(COALESCE(d.delay_days, 0), 0) AS delay_days
FROM claims AS c
LEFT JOIN marks AS m ON m.version_id = c.version_id
LEFT JOIN delays AS d ON d.version_id = c.version_id
WHERE m.is_inpatient = 1 OR c.looks_inpatient = 1
