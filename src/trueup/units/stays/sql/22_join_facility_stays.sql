-- Joins claims of one member, facility and kind into facility stays: the next begins by the latest end, or on the day after a bill of somebody still a patient.
-- reads: hospital_claims
-- writes: facility_stay_claims
-- grain: one inpatient claim with the facility stay it belongs to
-- key: version_id
WITH ordered AS (
  SELECT member_id, facility_id, stay_kind, version_id, from_date, through_date,
    MAX(through_date) OVER (
      PARTITION BY member_id, facility_id, stay_kind ORDER BY from_date, through_date, version_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end,
    MAX(CASE WHEN is_still_patient = 1 THEN through_date END) OVER (
      PARTITION BY member_id, facility_id, stay_kind ORDER BY from_date, through_date, version_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_open_end
  FROM hospital_claims
)
SELECT member_id, facility_id, stay_kind, version_id, from_date, through_date,
  CAST(SUM(CASE WHEN from_date <= earlier_end OR DATE_DIFF('day', earlier_open_end, from_date) <= 1 THEN 0 ELSE 1 END) OVER (
    PARTITION BY member_id, facility_id, stay_kind ORDER BY from_date, through_date, version_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS BIGINT) AS facility_stay_number
FROM ordered
