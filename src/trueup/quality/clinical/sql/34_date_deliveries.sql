-- Takes the time of delivery from the last observation of it that was made in the hospitalization and names a time in it.
-- reads: clinical_delivery_stays, clinical_role_observations
-- writes: clinical_delivery_times
-- grain: one delivery stay with a time of delivery
-- key: measure, member_id, encounter_id
WITH told AS (
  SELECT s.measure, s.member_id, s.encounter_id, o.value_ms, o.value_date,
    ROW_NUMBER() OVER (
      PARTITION BY s.measure, s.member_id, s.encounter_id ORDER BY o.start_ms DESC, o.value_ms DESC, o.observation_id
    ) AS nth
  FROM clinical_delivery_stays AS s
  JOIN clinical_role_observations AS o ON o.measure = s.measure AND o.member_id = s.member_id AND o.role = 'delivery_time'
  WHERE o.value_ms >= s.start_ms AND o.value_ms <= s.end_ms AND o.start_ms >= s.start_ms AND o.start_ms <= s.end_ms
)
SELECT measure, member_id, encounter_id, value_ms AS delivered_ms, value_date AS delivered_date
FROM told
WHERE nth = 1
