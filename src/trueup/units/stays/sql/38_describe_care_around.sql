-- Dates what surrounds each discharge: the first qualifying service and emergency visit after it, and observation just before the stay.
-- reads: hospital_stays, follow_up_services, outpatient_hospital_days
-- writes: care_around_stays
-- grain: one stay
-- key: stay_id
WITH follow_up AS (
  SELECT s.stay_id, MIN(DATE_DIFF('day', s.discharge_date, f.service_date)) AS follow_up_day
  FROM hospital_stays AS s
  JOIN follow_up_services AS f ON f.member_id = s.member_id
  WHERE f.service_date > s.discharge_date
  GROUP BY s.stay_id
),
emergency AS (
  SELECT s.stay_id, MIN(DATE_DIFF('day', s.discharge_date, e.from_date)) AS emergency_day
  FROM hospital_stays AS s
  JOIN outpatient_hospital_days AS e ON e.member_id = s.member_id
  WHERE e.day_kind = 'emergency' AND e.from_date > s.discharge_date
  GROUP BY s.stay_id
),
observation AS (
  SELECT s.stay_id, MIN(o.from_date) AS observation_start_date
  FROM hospital_stays AS s
  JOIN outpatient_hospital_days AS o ON o.member_id = s.member_id
  WHERE o.day_kind = 'observation' AND o.from_date <= s.admission_date AND o.through_date >= CAST(s.admission_date - INTERVAL 1 DAY AS DATE)
  GROUP BY s.stay_id
)
SELECT s.stay_id, f.follow_up_day, e.emergency_day, o.observation_start_date
FROM hospital_stays AS s
LEFT JOIN follow_up AS f ON f.stay_id = s.stay_id
LEFT JOIN emergency AS e ON e.stay_id = s.stay_id
LEFT JOIN observation AS o ON o.stay_id = s.stay_id
