-- Takes the counts of pregnancies and births that were told last before the delivery, not longer ago than a pregnancy.
-- reads: clinical_delivery_times, clinical_measures, clinical_role_observations
-- writes: clinical_birth_histories
-- grain: one kind of count of one delivery stay
-- key: measure, member_id, encounter_id, role
WITH told AS (
  SELECT d.measure, d.member_id, d.encounter_id, o.role, o.value_type, o.value_number,
    ROW_NUMBER() OVER (
      PARTITION BY d.measure, d.member_id, d.encounter_id, o.role ORDER BY o.start_ms DESC, o.value_number DESC, o.observation_id
    ) AS nth
  FROM clinical_delivery_times AS d
  JOIN clinical_measures AS m ON m.measure = d.measure
  JOIN clinical_role_observations AS o
    ON o.measure = d.measure AND o.member_id = d.member_id AND o.role IN ('pregnancies', 'parity', 'preterm_births', 'term_births')
  WHERE o.value_type IS NOT NULL AND o.start_ms < d.delivered_ms AND o.start_ms >= d.delivered_ms - m.pregnancy_ms
)
SELECT measure, member_id, encounter_id, role, CASE WHEN value_type = 'integer' THEN value_number END AS told_count
FROM told
WHERE nth = 1
