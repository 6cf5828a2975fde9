-- Lists the observations that play a part and stand: final, amended or corrected, with the moment they were made.
-- reads: clinical_observations, clinical_tags
-- writes: clinical_role_observations
-- grain: one part of one observation in one measure
-- key: measure, member_id, role, observation_id
SELECT t.measure, o.member_id, t.role, o.observation_id, o.start_ms, o.start_date, o.value_type, o.value_number, o.value_unit, o.value_ms, o.value_date
FROM clinical_observations AS o
JOIN clinical_tags AS t
  ON t.member_id = o.member_id AND t.resource_type = 'Observation' AND t.resource_id = o.observation_id AND t.element = 'code' AND t.position = 0
WHERE o.position = 0 AND o.status IN ('final', 'amended', 'corrected') AND o.start_ms IS NOT NULL
