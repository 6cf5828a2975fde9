-- Selects finished inpatient stays that end in the measured period, of people of the measured ages on the day of admission.
-- reads: clinical_encounters, clinical_measures, clinical_people, clinical_tags
-- writes: clinical_inpatient_stays
-- grain: one inpatient stay in one measure
-- key: measure, member_id, encounter_id
WITH aged AS (
  SELECT e.member_id, e.encounter_id, e.start_ms, e.end_ms, e.start_date, e.end_date,
    YEAR(e.start_date) - YEAR(p.birth_date)
      - CASE WHEN MONTH(e.start_date) * 100 + DAY(e.start_date) < MONTH(p.birth_date) * 100 + DAY(p.birth_date) THEN 1 ELSE 0 END AS age
  FROM clinical_encounters AS e
  JOIN clinical_people AS p ON p.member_id = e.member_id
  WHERE e.status = 'finished'
)
SELECT m.measure, a.member_id, a.encounter_id, a.start_ms, a.end_ms, a.start_date, a.end_date, a.age
FROM aged AS a
JOIN clinical_measures AS m
  ON a.end_date >= m.start_date AND a.end_date <= m.end_date AND a.age >= m.first_age AND a.age < m.age_limit
WHERE EXISTS (
  SELECT 1 FROM clinical_tags AS t
  WHERE t.measure = m.measure AND t.member_id = a.member_id AND t.resource_type = 'Encounter' AND t.resource_id = a.encounter_id
    AND t.element = 'type' AND t.role = 'inpatient_stay'
)
