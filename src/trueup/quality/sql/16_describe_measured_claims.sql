-- Describes each claim of a measured member: the day its diagnoses stand for, and its setting.
-- reads: measured_lines
-- writes: measured_claims
-- grain: one final claim version of a measured member
-- key: version_id
SELECT version_id, MIN(claim_id) AS claim_id, MIN(member_id) AS member_id, MIN(claim_type) AS claim_type,
  MIN(COALESCE(CASE WHEN is_inpatient = 1 THEN admission_date END, claim_start_date, line_start_date)) AS claim_date,
  MAX(is_inpatient) AS is_inpatient, MAX(is_emergency) AS is_emergency,
  MIN(drg_code) AS drg_code, MIN(CASE WHEN drg_code IS NOT NULL THEN drg_code_type END) AS drg_code_type
FROM measured_lines
GROUP BY version_id
