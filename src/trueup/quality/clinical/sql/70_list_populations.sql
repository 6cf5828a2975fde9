-- Lists, for each delivery stay and rate, the populations and whether the stay is counted in them.
-- reads: clinical_cesarean_stays, clinical_complication_stays
-- writes: clinical_populations
-- grain: one population of one rate for one delivery stay
-- key: measure, rate_group, member_id, encounter_id, population
WITH first_births AS (
  SELECT measure, member_id, encounter_id, is_cesarean, is_out, is_long_enough AND is_singleton AND is_first_birth AS is_measured
  FROM clinical_cesarean_stays
),
complicated AS (
  SELECT measure, 1 AS rate_group, member_id, encounter_id, is_long_enough AS is_measured, is_expected,
    is_long_enough AND (has_diagnosis OR has_procedure OR has_transfusion OR has_died) AS is_complicated
  FROM clinical_complication_stays
  UNION ALL
  SELECT measure, 2 AS rate_group, member_id, encounter_id, is_long_enough AS is_measured, is_expected,
    is_long_enough AND (has_diagnosis OR has_procedure OR has_died) AS is_complicated
  FROM clinical_complication_stays
)
SELECT measure, 1 AS rate_group, member_id, encounter_id, 'initial_population' AS population, TRUE AS is_counted FROM first_births
UNION ALL
SELECT measure, 1 AS rate_group, member_id, encounter_id, 'denominator' AS population, is_measured AS is_counted FROM first_births
UNION ALL
SELECT measure, 1 AS rate_group, member_id, encounter_id, 'denominator_exclusion' AS population, is_measured AND is_out AS is_counted FROM first_births
UNION ALL
SELECT measure, 1 AS rate_group, member_id, encounter_id, 'numerator' AS population, is_measured AND is_cesarean AND NOT is_out AS is_counted
FROM first_births
UNION ALL
SELECT measure, rate_group, member_id, encounter_id, 'initial_population' AS population, TRUE AS is_counted FROM complicated
UNION ALL
SELECT measure, rate_group, member_id, encounter_id, 'denominator' AS population, is_measured AS is_counted FROM complicated
UNION ALL
SELECT measure, rate_group, member_id, encounter_id, 'numerator' AS population, is_complicated AS is_counted FROM complicated
UNION ALL
SELECT measure, rate_group, member_id, encounter_id, 'numerator_exclusion' AS population, is_complicated AND is_expected AS is_counted FROM complicated
