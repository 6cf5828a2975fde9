-- Judges delivery stays for the rate of cesarean birth: a first birth, one child, at term, head down.
-- reads: clinical_birth_histories, clinical_gestations, clinical_measures, clinical_presentations, clinical_stay_diagnoses, clinical_stay_procedures
-- writes: clinical_cesarean_stays
-- grain: one delivery stay of a cesarean measure
-- key: measure, member_id, encounter_id
WITH histories AS (
  SELECT measure, member_id, encounter_id,
    MAX(CASE WHEN role = 'pregnancies' THEN told_count END) AS pregnancies,
    MAX(CASE WHEN role = 'parity' THEN told_count END) AS parity,
    MAX(CASE WHEN role = 'preterm_births' THEN told_count END) AS preterm_births,
    MAX(CASE WHEN role = 'term_births' THEN told_count END) AS term_births
  FROM clinical_birth_histories
  GROUP BY measure, member_id, encounter_id
),
diagnoses AS (
  SELECT measure, member_id, encounter_id,
    MAX(CASE WHEN role = 'singleton' THEN 1 ELSE 0 END) = 1 AS is_singleton,
    MAX(CASE WHEN role IN ('abnormal_presentation', 'other_exclusion') THEN 1 ELSE 0 END) = 1 AS is_diagnosed_out
  FROM clinical_stay_diagnoses
  GROUP BY measure, member_id, encounter_id
),
cesareans AS (
  SELECT DISTINCT measure, member_id, encounter_id FROM clinical_stay_procedures WHERE role = 'cesarean' AND lies_inside
)
SELECT g.measure, g.member_id, g.encounter_id, g.is_long_enough,
  COALESCE(d.is_singleton, FALSE) AS is_singleton,
  COALESCE(h.pregnancies = 1, FALSE) OR COALESCE(h.parity = 0, FALSE) OR COALESCE(h.preterm_births = 0 AND h.term_births = 0, FALSE) AS is_first_birth,
  COALESCE(d.is_diagnosed_out, FALSE) OR p.encounter_id IS NOT NULL AS is_out,
  c.encounter_id IS NOT NULL AS is_cesarean
FROM clinical_gestations AS g
JOIN clinical_measures AS m ON m.measure = g.measure AND m.logic = 'cesarean'
LEFT JOIN histories AS h ON h.measure = g.measure AND h.member_id = g.member_id AND h.encounter_id = g.encounter_id
LEFT JOIN diagnoses AS d ON d.measure = g.measure AND d.member_id = g.member_id AND d.encounter_id = g.encounter_id
LEFT JOIN clinical_presentations AS p ON p.measure = g.measure AND p.member_id = g.member_id AND p.encounter_id = g.encounter_id
LEFT JOIN cesareans AS c ON c.measure = g.measure AND c.member_id = g.member_id AND c.encounter_id = g.encounter_id
