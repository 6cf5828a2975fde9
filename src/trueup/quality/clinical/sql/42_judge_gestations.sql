-- Judges whether a pregnancy lasted long enough, by its due date, else by an estimate, else by a coded week.
-- reads: clinical_delivery_stays, clinical_delivery_times, clinical_due_dates, clinical_estimates, clinical_measures, clinical_stay_diagnoses
-- writes: clinical_gestations
-- grain: one delivery stay in one measure
-- key: measure, member_id, encounter_id
WITH coded AS (
  SELECT DISTINCT measure, member_id, encounter_id FROM clinical_stay_diagnoses WHERE role = 'gestation_code'
),
found AS (
  SELECT s.measure, s.member_id, s.encounter_id, d.delivered_ms, d.delivered_date, m.minimum_days,
    CASE
      WHEN u.due_date IS NOT NULL THEN 'calculated'
      WHEN e.encounter_id IS NOT NULL THEN 'estimated'
      WHEN c.encounter_id IS NOT NULL THEN 'coded'
      ELSE 'unknown'
    END AS gestation_source,
    CAST(
      CASE WHEN u.due_date IS NOT NULL THEN m.term_days - DATE_DIFF('day', d.delivered_date, u.due_date) ELSE e.estimated_days END AS DECIMAL(18, 6)
    ) AS gestation_days
  FROM clinical_delivery_stays AS s
  JOIN clinical_measures AS m ON m.measure = s.measure
  LEFT JOIN clinical_delivery_times AS d ON d.measure = s.measure AND d.member_id = s.member_id AND d.encounter_id = s.encounter_id
  LEFT JOIN clinical_due_dates AS u ON u.measure = s.measure AND u.member_id = s.member_id AND u.encounter_id = s.encounter_id
  LEFT JOIN clinical_estimates AS e ON e.measure = s.measure AND e.member_id = s.member_id AND e.encounter_id = s.encounter_id
  LEFT JOIN coded AS c ON c.measure = s.measure AND c.member_id = s.member_id AND c.encounter_id = s.encounter_id
)
SELECT measure, member_id, encounter_id, delivered_ms, delivered_date, gestation_source, gestation_days,
  gestation_source = 'coded' OR COALESCE(gestation_days >= minimum_days, FALSE) AS is_long_enough
FROM found
