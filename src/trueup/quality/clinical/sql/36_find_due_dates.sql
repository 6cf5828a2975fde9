-- Takes the estimated date of delivery that was assessed last, up to the delivery and not longer ago than a pregnancy.
-- reads: clinical_delivery_times, clinical_measures, clinical_role_observations
-- writes: clinical_due_dates
-- grain: one delivery stay with an estimated date of delivery
-- key: measure, member_id, encounter_id
WITH assessed AS (
  SELECT d.measure, d.member_id, d.encounter_id, o.value_date,
    ROW_NUMBER() OVER (
      PARTITION BY d.measure, d.member_id, d.encounter_id ORDER BY o.start_ms DESC, o.value_date DESC, o.observation_id
    ) AS nth
  FROM clinical_delivery_times AS d
  JOIN clinical_measures AS m ON m.measure = d.measure
  JOIN clinical_role_observations AS o ON o.measure = d.measure AND o.member_id = d.member_id AND o.role = 'due_date'
  WHERE o.value_date IS NOT NULL AND o.start_ms <= d.delivered_ms AND o.start_ms >= d.delivered_ms - m.pregnancy_ms
)
SELECT measure, member_id, encounter_id, value_date AS due_date
FROM assessed
WHERE nth = 1
