-- Lets a hospitalization begin with the observation visit, and before that the emergency or triage visit, that ran into the stay.
-- reads: clinical_encounters, clinical_inpatient_stays, clinical_measures, clinical_tags
-- writes: clinical_hospitalizations
-- grain: one inpatient stay in one measure
-- key: measure, member_id, encounter_id
WITH visits AS (
  SELECT DISTINCT t.measure, t.role, e.member_id, e.encounter_id, e.start_ms, e.end_ms, e.start_date
  FROM clinical_encounters AS e
  JOIN clinical_tags AS t
    ON t.member_id = e.member_id AND t.resource_type = 'Encounter' AND t.resource_id = e.encounter_id AND t.element = 'type'
  WHERE e.status = 'finished' AND t.role IN ('observation_visit', 'arrival_visit')
),
observed AS (
  SELECT s.measure, s.member_id, s.encounter_id, v.start_ms, v.start_date,
    ROW_NUMBER() OVER (PARTITION BY s.measure, s.member_id, s.encounter_id ORDER BY v.end_ms DESC, v.start_ms, v.encounter_id) AS nth
  FROM clinical_inpatient_stays AS s
  JOIN clinical_measures AS m ON m.measure = s.measure
  JOIN visits AS v
    ON v.measure = s.measure AND v.member_id = s.member_id AND v.role = 'observation_visit'
    AND v.end_ms >= s.start_ms - m.join_ms AND v.end_ms <= s.start_ms
),
begun AS (
  SELECT s.measure, s.member_id, s.encounter_id, COALESCE(o.start_ms, s.start_ms) AS start_ms, COALESCE(o.start_date, s.start_date) AS start_date
  FROM clinical_inpatient_stays AS s
  LEFT JOIN observed AS o
    ON o.measure = s.measure AND o.member_id = s.member_id AND o.encounter_id = s.encounter_id AND o.nth = 1
),
arrived AS (
  SELECT b.measure, b.member_id, b.encounter_id, v.start_ms, v.start_date,
    ROW_NUMBER() OVER (PARTITION BY b.measure, b.member_id, b.encounter_id ORDER BY v.end_ms DESC, v.start_ms, v.encounter_id) AS nth
  FROM begun AS b
  JOIN clinical_measures AS m ON m.measure = b.measure
  JOIN visits AS v
    ON v.measure = b.measure AND v.member_id = b.member_id AND v.role = 'arrival_visit'
    AND v.end_ms >= b.start_ms - m.join_ms AND v.end_ms <= b.start_ms
)
SELECT s.measure, s.member_id, s.encounter_id, s.age,
  s.start_ms AS stay_start_ms,
  COALESCE(a.start_ms, b.start_ms) AS start_ms,
  COALESCE(a.start_date, b.start_date) AS start_date,
  s.end_ms, s.end_date
FROM clinical_inpatient_stays AS s
JOIN begun AS b ON b.measure = s.measure AND b.member_id = s.member_id AND b.encounter_id = s.encounter_id
LEFT JOIN arrived AS a
  ON a.measure = s.measure AND a.member_id = s.member_id AND a.encounter_id = s.encounter_id AND a.nth = 1
