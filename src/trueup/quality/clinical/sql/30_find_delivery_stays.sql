-- Finds the hospitalizations in which a delivery procedure starts: the initial population.
-- reads: clinical_hospitalizations, clinical_stay_procedures
-- writes: clinical_delivery_stays
-- grain: one delivery stay in one measure
-- key: measure, member_id, encounter_id
SELECT h.measure, h.member_id, h.encounter_id, h.age, h.stay_start_ms, h.start_ms, h.start_date, h.end_ms, h.end_date
FROM clinical_hospitalizations AS h
WHERE EXISTS (
  SELECT 1 FROM clinical_stay_procedures AS p
  WHERE p.measure = h.measure AND p.member_id = h.member_id AND p.encounter_id = h.encounter_id
    AND p.role = 'delivery_procedure' AND p.starts_inside
)
