-- Describes each facility stay: its days, and what its last claim says of the diagnosis and of how the member left.
-- reads: facility_stay_claims, hospital_claims
-- writes: facility_stays
-- grain: one uninterrupted stay at one facility
-- key: member_id, facility_id, stay_kind, facility_stay_number
WITH ranked AS (
  SELECT s.facility_stay_number, c.*,
    ROW_NUMBER() OVER (
      PARTITION BY s.member_id, s.facility_id, s.stay_kind, s.facility_stay_number ORDER BY c.through_date DESC, c.is_still_patient, c.version_id DESC
    ) AS last_number
  FROM facility_stay_claims AS s
  JOIN hospital_claims AS c ON c.version_id = s.version_id
)
SELECT member_id, facility_id, stay_kind, facility_stay_number,
  MIN(from_date) AS from_date, MAX(through_date) AS through_date,
  MAX(CASE WHEN last_number = 1 THEN is_still_patient ELSE 0 END) AS is_still_patient,
  MAX(CASE WHEN last_number = 1 THEN is_mental_principal ELSE 0 END) AS is_mental_principal,
  MAX(CASE WHEN last_number = 1 THEN is_against_advice ELSE 0 END) AS is_against_advice,
  MAX(CASE WHEN last_number = 1 THEN is_died ELSE 0 END) AS is_died,
  MAX(has_self_harm) AS has_self_harm, MAX(is_planned) AS is_planned,
  CAST(SUM(delay_days) AS BIGINT) AS delay_days, CAST(SUM(paid_cents) AS BIGINT) AS paid_cents, COUNT(*) AS claim_count
FROM ranked
GROUP BY member_id, facility_id, stay_kind, facility_stay_number
