-- Lists the diagnoses of delivery stays that play a part, and whether the hospital says that they came up in the stay.
-- reads: clinical_delivery_stays, clinical_diagnoses, clinical_tags
-- writes: clinical_stay_diagnoses
-- grain: one part of one diagnosis of one delivery stay
-- key: measure, member_id, encounter_id, position, role
SELECT s.measure, s.member_id, s.encounter_id, d.position, t.role,
  EXISTS (
    SELECT 1 FROM clinical_tags AS a
    WHERE a.measure = s.measure AND a.member_id = s.member_id AND a.resource_type = 'Encounter' AND a.resource_id = s.encounter_id
      AND a.element = 'present_on_admission' AND a.position = d.position AND a.role = 'acquired_in_stay'
  ) AS is_acquired
FROM clinical_delivery_stays AS s
JOIN clinical_diagnoses AS d ON d.member_id = s.member_id AND d.encounter_id = s.encounter_id
JOIN clinical_tags AS t
  ON t.measure = s.measure AND t.member_id = d.member_id AND t.resource_type = 'Condition' AND t.resource_id = d.condition_id AND t.element = 'code'
