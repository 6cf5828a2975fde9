-- Judges delivery stays for severe complications: by diagnoses that came up in the stay, by procedures, by transfusion, by death.
-- reads: clinical_gestations, clinical_measures, clinical_stay_diagnoses, clinical_stay_procedures, clinical_tags
-- writes: clinical_complication_stays
-- grain: one delivery stay of a complications measure
-- key: measure, member_id, encounter_id
WITH diagnoses AS (
  SELECT measure, member_id, encounter_id,
    MAX(CASE WHEN role = 'complication_diagnosis' AND is_acquired THEN 1 ELSE 0 END) = 1 AS has_diagnosis,
    MAX(CASE WHEN role = 'placenta_invasion' THEN 1 ELSE 0 END) = 1 AS has_placenta_invasion
  FROM clinical_stay_diagnoses
  GROUP BY measure, member_id, encounter_id
),
procedures AS (
  SELECT p.measure, p.member_id, p.encounter_id,
    MAX(CASE WHEN p.role = 'complication_procedure' THEN 1 ELSE 0 END) = 1 AS has_procedure,
    MAX(CASE WHEN p.role = 'transfusion' THEN 1 ELSE 0 END) = 1 AS has_transfusion,
    MAX(CASE WHEN p.role = 'hysterectomy' THEN 1 ELSE 0 END) = 1 AS has_hysterectomy,
    MAX(CASE WHEN p.role = 'conversion_or_ventilation' THEN 1 ELSE 0 END) = 1 AS has_conversion_or_ventilation
  FROM clinical_stay_procedures AS p
  JOIN clinical_measures AS m ON m.measure = p.measure
  WHERE p.starts_inside OR m.counts_by_day
  GROUP BY p.measure, p.member_id, p.encounter_id
),
deaths AS (
  SELECT DISTINCT measure, member_id, resource_id AS encounter_id
  FROM clinical_tags
  WHERE resource_type = 'Encounter' AND element = 'discharge_disposition' AND role = 'expired'
)
SELECT g.measure, g.member_id, g.encounter_id, g.is_long_enough,
  COALESCE(d.has_diagnosis, FALSE) AS has_diagnosis,
  COALESCE(p.has_procedure, FALSE) AS has_procedure,
  COALESCE(p.has_transfusion, FALSE) AS has_transfusion,
  x.encounter_id IS NOT NULL AS has_died,
  COALESCE(d.has_placenta_invasion, FALSE) AND (COALESCE(p.has_transfusion, FALSE) OR COALESCE(p.has_hysterectomy, FALSE))
    AND NOT (COALESCE(d.has_diagnosis, FALSE) OR COALESCE(p.has_conversion_or_ventilation, FALSE) OR x.encounter_id IS NOT NULL) AS is_expected
FROM clinical_gestations AS g
JOIN clinical_measures AS m ON m.measure = g.measure AND m.logic = 'complications'
LEFT JOIN diagnoses AS d ON d.measure = g.measure AND d.member_id = g.member_id AND d.encounter_id = g.encounter_id
LEFT JOIN procedures AS p ON p.measure = g.measure AND p.member_id = g.member_id AND p.encounter_id = g.encounter_id
LEFT JOIN deaths AS x ON x.measure = g.measure AND x.member_id = g.member_id AND x.encounter_id = g.encounter_id
