-- Writes the psychiatric stays of the program, each with the reasons that leave it out.
-- reads: described_stays, stay_exclusions
-- writes: stays
-- grain: one psychiatric inpatient stay
-- key: stay_id
SELECT s.stay_id, s.member_id, s.facility_id, s.first_facility_id, s.admission_date, s.discharge_date, s.last_day, s.is_open = 1 AS is_open,
  s.length_of_stay_days, s.net_length_of_stay_days, s.delay_days, s.covered_days, s.interruption_days, s.interruption_count, s.transfer_count,
  s.age, s.period, e.exclusion_reasons, s.observation_start_date IS NOT NULL AS has_observation_before, s.observation_start_date,
  COALESCE(s.has_return_day_0_1, 0) = 1 AS is_returned_day_0_1, s.days_to_return, s.return_stay_id, COALESCE(s.is_return_planned, 0) = 1 AS is_return_planned,
  s.days_to_psychiatric_readmission, s.follow_up_day, s.emergency_day, s.claim_count, s.paid_cents
FROM described_stays AS s
JOIN stay_exclusions AS e ON e.stay_id = s.stay_id
WHERE s.stay_kind = 'psychiatric'
