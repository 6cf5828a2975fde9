-- Takes the stays as they stand, computed or given, with an id and a period each; what a given stay does not say is taken as nothing having happened.
-- reads: stays, described_stays, rule_periods, run_params
-- writes: known_stays
-- grain: one psychiatric inpatient stay
-- key: stay_id
WITH named AS (
  SELECT s.*,
    COALESCE(s.stay_id, 'S' || SUBSTRING(MD5(COALESCE(s.member_id, '') || '|' || COALESCE(s.facility_id, '') || '|' || CAST(s.admission_date AS VARCHAR)), 1, 16)) AS known_id,
    GREATEST(DATE_DIFF('day', s.admission_date, s.discharge_date), 1) AS days_of_dates
  FROM stays AS s
)
SELECT n.known_id AS stay_id, n.member_id, COALESCE(n.facility_id, 'unknown') AS facility_id, COALESCE(n.first_facility_id, n.facility_id, 'unknown') AS first_facility_id,
  n.admission_date, n.discharge_date, COALESCE(n.exclusion_reasons, '') AS exclusion_reasons, COALESCE(n.paid_cents, 0) AS paid_cents,
  COALESCE(n.period, o.period) AS period,
  CASE WHEN n.discharge_date IS NOT NULL THEN COALESCE(n.length_of_stay_days, n.days_of_dates) END AS length_of_stay_days,
  COALESCE(n.delay_days, 0) AS delay_days,
  CASE WHEN n.discharge_date IS NOT NULL THEN COALESCE(n.net_length_of_stay_days, COALESCE(n.length_of_stay_days, n.days_of_dates) - COALESCE(n.delay_days, 0)) END AS net_length_of_stay_days,
  CASE WHEN n.is_returned_day_0_1 THEN 1 ELSE 0 END AS has_return_day_0_1, n.days_to_return,
  CASE WHEN n.is_return_planned THEN CAST(NULL AS BIGINT) ELSE n.days_to_return END AS days_to_readmission,
  n.days_to_psychiatric_readmission, n.follow_up_day, n.emergency_day,
  COALESCE(d.is_mental_discharge, 1) AS is_mental_discharge, COALESCE(d.is_against_advice, 0) AS is_against_advice, COALESCE(d.is_died, 0) AS is_died,
  COALESCE(d.is_last_of_chain, 1) AS is_last_of_chain, COALESCE(d.is_chain_dropped, 0) AS is_chain_dropped,
  COALESCE(d.age_at_discharge, n.age) AS age_at_discharge, CASE WHEN d.stay_id IS NULL THEN 400 ELSE d.covered_through_day END AS covered_through_day,
  COALESCE(d.has_hospice, 0) AS has_hospice, COALESCE(d.died_in_year, 0) AS died_in_year, COALESCE(d.is_birth_date_missing, 0) AS is_birth_date_missing,
  d.gender, d.race, d.ethnicity,
  DATE_DIFF('day', n.discharge_date, o.last_day) AS days_to_period_end, DATE_DIFF('day', n.discharge_date, p.as_of) AS observed_days
FROM named AS n
CROSS JOIN run_params AS p
LEFT JOIN described_stays AS d ON d.stay_id = n.stay_id
LEFT JOIN rule_periods AS o
  ON CASE WHEN p.assign_by = 'admission' THEN n.admission_date ELSE n.discharge_date END >= o.first_day
  AND CASE WHEN p.assign_by = 'admission' THEN n.admission_date ELSE n.discharge_date END <= o.last_day
