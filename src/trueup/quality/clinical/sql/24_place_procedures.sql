-- Places completed procedures that play a part in the hospitalizations in which, or on whose days, they start.
-- reads: clinical_hospitalizations, clinical_procedures, clinical_tags
-- writes: clinical_stay_procedures
-- grain: one part of one procedure in one hospitalization
-- key: measure, member_id, encounter_id, procedure_id, role
SELECT h.measure, h.member_id, h.encounter_id, p.procedure_id, t.role,
  COALESCE(p.start_ms >= h.start_ms AND p.start_ms <= h.end_ms, FALSE) AS starts_inside,
  COALESCE(p.start_ms >= h.start_ms AND p.end_ms <= h.end_ms, FALSE) AS lies_inside
FROM clinical_hospitalizations AS h
JOIN clinical_procedures AS p ON p.member_id = h.member_id
JOIN clinical_tags AS t
  ON t.measure = h.measure AND t.member_id = p.member_id AND t.resource_type = 'Procedure' AND t.resource_id = p.procedure_id AND t.element = 'code'
WHERE p.status = 'completed'
  AND ((p.start_ms >= h.start_ms AND p.start_ms <= h.end_ms) OR (p.start_date >= h.start_date AND p.start_date <= h.end_date))
