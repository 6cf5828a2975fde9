-- Takes the discharges that measures may count: psychiatric stays that are not left out, and other acute discharges of the follow-up form.
-- reads: known_stays, described_stays, stay_exclusions
-- writes: measured_discharges
-- grain: one discharge in a period
-- key: stay_id
SELECT stay_id, 'psychiatric' AS stay_kind, member_id, facility_id, first_facility_id, admission_date, discharge_date, period, length_of_stay_days, delay_days,
  net_length_of_stay_days, has_return_day_0_1, days_to_return, days_to_readmission, days_to_psychiatric_readmission, follow_up_day, emergency_day,
  is_mental_discharge, is_against_advice, is_died, is_last_of_chain, is_chain_dropped, age_at_discharge, covered_through_day, has_hospice, died_in_year,
  is_birth_date_missing, gender, race, ethnicity, days_to_period_end, observed_days
FROM known_stays
WHERE exclusion_reasons = '' AND period IS NOT NULL AND discharge_date IS NOT NULL
UNION ALL
SELECT d.stay_id, d.stay_kind, d.member_id, d.facility_id, d.first_facility_id, d.admission_date, d.discharge_date, d.period, d.length_of_stay_days, d.delay_days,
  d.net_length_of_stay_days, d.has_return_day_0_1, d.days_to_return, d.days_to_readmission, d.days_to_psychiatric_readmission, d.follow_up_day, d.emergency_day,
  d.is_mental_discharge, d.is_against_advice, d.is_died, d.is_last_of_chain, d.is_chain_dropped, d.age_at_discharge, d.covered_through_day, d.has_hospice, d.died_in_year,
  d.is_birth_date_missing, d.gender, d.race, d.ethnicity, d.days_to_period_end, d.observed_days
FROM described_stays AS d
JOIN stay_exclusions AS e ON e.stay_id = d.stay_id
WHERE d.stay_kind = 'acute' AND e.exclusion_reasons = '' AND d.period IS NOT NULL AND d.discharge_date IS NOT NULL
