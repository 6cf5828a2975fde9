-- Takes the gestational age that was estimated last, in the day up to the delivery or on its day in the hospitalization.
-- reads: clinical_delivery_stays, clinical_delivery_times, clinical_measures, clinical_role_observations, gestation_units
-- writes: clinical_estimates
-- grain: one delivery stay with an estimated gestational age; its days are null where the unit is none of time
-- key: measure, member_id, encounter_id
WITH estimated AS (
  SELECT d.measure, d.member_id, d.encounter_id, o.value_number, o.value_unit,
    ROW_NUMBER() OVER (
      PARTITION BY d.measure, d.member_id, d.encounter_id ORDER BY o.start_ms DESC, o.value_number DESC, o.observation_id
    ) AS nth
  FROM clinical_delivery_times AS d
  JOIN clinical_delivery_stays AS s ON s.measure = d.measure AND s.member_id = d.member_id AND s.encounter_id = d.encounter_id
  JOIN clinical_measures AS m ON m.measure = d.measure
  JOIN clinical_role_observations AS o ON o.measure = d.measure AND o.member_id = d.member_id AND o.role = 'gestation_estimate'
  WHERE o.value_number IS NOT NULL
    AND (
      (o.start_ms <= d.delivered_ms AND o.start_ms >= d.delivered_ms - m.estimate_ms)
      OR (o.start_date = d.delivered_date AND o.start_ms >= s.start_ms AND o.start_ms <= s.end_ms)
    )
)
SELECT e.measure, e.member_id, e.encounter_id, CAST(e.value_number * u.days AS DECIMAL(18, 6)) AS estimated_days
FROM estimated AS e
LEFT JOIN gestation_units AS u ON u.unit = LOWER(e.value_unit)
WHERE e.nth = 1
