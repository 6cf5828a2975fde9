-- Reads the true stays as typed columns: which of them are over by the day of the run, and whether all claims of them can be known.
-- reads: truth_psychiatric_stays, score_params
-- writes: true_stays
-- grain: one true stay
-- key: stay_id
SELECT t.stay_id, t.member_id, t.first_facility_id, t.facility_id, CAST(t.admission_date AS DATE) AS admission_date,
  CAST(t.discharge_date AS DATE) AS discharge_date, t.length_of_stay_days, t.delay_days, t.days_to_return, t.is_return_planned,
  t.days_to_psychiatric_readmission, t.follow_up_day, t.emergency_day, t.has_observation_before,
  CAST(t.discharge_date AS DATE) <= p.as_of AS is_over,
  t.lost_claims <> '0' AS is_lost, COALESCE(CAST(t.last_known_date AS DATE) > p.as_of, TRUE) AS is_known_later
FROM truth_psychiatric_stays AS t
CROSS JOIN score_params AS p
