-- Puts beside each psychiatric stay, and each other acute discharge that the follow-up form counts, everything that is known of it.
-- reads: hospital_stays, stay_coverage, discharge_returns, care_around_stays, rule_periods, run_params
-- writes: described_stays
-- grain: one stay
-- key: stay_id
WITH dated AS (
  SELECT s.*, CASE WHEN p.assign_by = 'admission' THEN s.admission_date ELSE s.discharge_date END AS period_date
  FROM hospital_stays AS s
  CROSS JOIN run_params AS p
  WHERE s.stay_kind = 'psychiatric' OR (s.stay_kind = 'acute' AND s.is_mental_discharge = 1)
)
SELECT s.stay_id, s.stay_kind, s.member_id, s.facility_id, s.first_facility_id, s.admission_date, s.discharge_date, s.last_day, s.is_open,
  s.covered_days, s.interruption_days, s.interruption_count, s.transfer_count, s.paid_cents, s.claim_count,
  s.is_mental_discharge, s.is_against_advice, s.is_died, s.has_self_harm,
  CASE WHEN s.is_open = 0 THEN CASE WHEN p.count_interruptions = 0 THEN s.covered_days ELSE GREATEST(s.elapsed_days, 1) END END AS length_of_stay_days,
  LEAST(s.delay_days, s.covered_days) AS delay_days,
  CASE WHEN s.is_open = 0
    THEN CASE WHEN p.count_interruptions = 0 THEN s.covered_days ELSE GREATEST(s.elapsed_days, 1) END - LEAST(s.delay_days, s.covered_days) END AS net_length_of_stay_days,
  o.period, o.last_day AS period_last_day, DATE_DIFF('day', s.discharge_date, o.last_day) AS days_to_period_end,
  DATE_DIFF('day', s.discharge_date, p.as_of) AS observed_days,
  CASE WHEN p.age_on = 'admission' THEN c.age_at_admission ELSE c.age_at_discharge END AS age,
  c.age_at_discharge, c.birth_date, c.is_birth_date_missing, c.gender, c.race, c.ethnicity, c.covered_through_day, c.uncovered_days, c.has_hospice, c.died_in_year,
  r.has_return_day_0_1, r.return_stay_id, r.days_to_return, r.is_return_planned, r.days_to_readmission, r.days_to_psychiatric_readmission,
  r.is_last_of_chain, r.is_chain_dropped, a.follow_up_day, a.emergency_day, a.observation_start_date
FROM dated AS s
CROSS JOIN run_params AS p
LEFT JOIN rule_periods AS o ON s.period_date >= o.first_day AND s.period_date <= o.last_day
LEFT JOIN stay_coverage AS c ON c.stay_id = s.stay_id
LEFT JOIN discharge_returns AS r ON r.stay_id = s.stay_id
LEFT JOIN care_around_stays AS a ON a.stay_id = s.stay_id
