-- Lists the facts that measures of stays compare; a fact that is not known has no row.
-- reads: measure_units, measured_discharges
-- writes: unit_facts
-- grain: one fact of one unit
-- key: unit_id, fact
WITH units AS (
  SELECT u.unit_id, u.stay_id, CASE WHEN u.stay_kind = 'psychiatric' AND u.entity_id = u.length_owner_id THEN 1 ELSE 0 END AS owns_length,
    CASE WHEN u.unit_id = u.stay_id THEN 1 ELSE 0 END AS owns_outcome
  FROM measure_units AS u
),
facts AS (
  SELECT unit_id, 'owns_length' AS fact, owns_length AS fact_value FROM units
  UNION ALL SELECT unit_id, 'owns_outcome' AS fact, owns_outcome AS fact_value FROM units
  UNION ALL SELECT u.unit_id, 'is_psychiatric' AS fact, CASE WHEN s.stay_kind = 'psychiatric' THEN 1 ELSE 0 END AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'is_mental_discharge' AS fact, s.is_mental_discharge AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'length_of_stay_days' AS fact, s.length_of_stay_days AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id WHERE u.owns_length = 1
  UNION ALL SELECT u.unit_id, 'net_length_of_stay_days' AS fact, s.net_length_of_stay_days AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id WHERE u.owns_length = 1
  UNION ALL SELECT u.unit_id, 'delay_days' AS fact, s.delay_days AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id WHERE u.owns_length = 1
  UNION ALL SELECT u.unit_id, 'days_to_readmission' AS fact, s.days_to_readmission AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'days_to_return' AS fact, s.days_to_return AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'days_to_psychiatric_readmission' AS fact, s.days_to_psychiatric_readmission AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'returned_day_0_1' AS fact, s.has_return_day_0_1 AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'left_against_advice' AS fact, s.is_against_advice AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'died_in_stay' AS fact, s.is_died AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'died_in_year' AS fact, s.died_in_year AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'has_hospice' AS fact, s.has_hospice AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'age_at_discharge' AS fact, s.age_at_discharge AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'covered_through_day' AS fact, s.covered_through_day AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'is_last_of_chain' AS fact, s.is_last_of_chain AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'is_chain_dropped' AS fact, s.is_chain_dropped AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'days_to_period_end' AS fact, s.days_to_period_end AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'observed_days' AS fact, s.observed_days AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'follow_up_day' AS fact, s.follow_up_day AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'emergency_day' AS fact, s.emergency_day AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
  UNION ALL SELECT u.unit_id, 'birth_date_missing' AS fact, s.is_birth_date_missing AS fact_value FROM units AS u JOIN measured_discharges AS s ON s.stay_id = u.stay_id
)
SELECT unit_id, fact, CAST(fact_value AS BIGINT) AS fact_value FROM facts WHERE fact_value IS NOT NULL
