-- Finds delivery stays whose last abnormal presentation before the delivery was seen within the stay itself.
-- reads: clinical_delivery_stays, clinical_delivery_times, clinical_role_observations
-- writes: clinical_presentations
-- grain: one delivery stay
-- key: measure, member_id, encounter_id
WITH seen AS (
  SELECT d.measure, d.member_id, d.encounter_id, MAX(o.start_ms) AS seen_ms
  FROM clinical_delivery_times AS d
  JOIN clinical_role_observations AS o ON o.measure = d.measure AND o.member_id = d.member_id AND o.role = 'abnormal_presentation'
  WHERE o.start_ms <= d.delivered_ms
  GROUP BY d.measure, d.member_id, d.encounter_id
)
SELECT s.measure, s.member_id, s.encounter_id
FROM seen AS s
JOIN clinical_delivery_stays AS d ON d.measure = s.measure AND d.member_id = s.member_id AND d.encounter_id = s.encounter_id
WHERE s.seen_ms >= d.stay_start_ms AND s.seen_ms <= d.end_ms
