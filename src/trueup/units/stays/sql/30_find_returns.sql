-- Pairs each discharge with the inpatient stays that begin within a year after it, day 0 being the day of discharge.
-- reads: hospital_stays
-- writes: stay_returns
-- grain: one later stay of one discharge
-- key: stay_id, return_stay_id
SELECT s.stay_id, r.stay_id AS return_stay_id, r.stay_kind AS return_kind, DATE_DIFF('day', s.discharge_date, r.admission_date) AS return_day,
  r.is_planned, r.is_mental_discharge, r.facility_id AS return_facility_id
FROM hospital_stays AS s
JOIN hospital_stays AS r ON r.member_id = s.member_id AND r.stay_id <> s.stay_id
WHERE (s.stay_kind = 'psychiatric' OR (s.stay_kind = 'acute' AND s.is_mental_discharge = 1)) AND s.discharge_date IS NOT NULL
  AND r.admission_date >= s.discharge_date AND DATE_DIFF('day', s.discharge_date, r.admission_date) <= 366
