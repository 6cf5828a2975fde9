-- Lists the groups that measures of stays are shown by; what is not known says so.
-- reads: measure_units, measured_discharges, visible_hospital_status
-- writes: unit_strata
-- grain: one group of one unit
-- key: unit_id, stratum
WITH peers AS (
  SELECT facility_id, peer_group
  FROM (
    SELECT h.facility_id, h.peer_group, ROW_NUMBER() OVER (PARTITION BY h.facility_id ORDER BY h.effective_from DESC NULLS LAST, h.peer_group) AS status_number
    FROM visible_hospital_status AS h
  ) AS ranked
  WHERE status_number = 1
),
described AS (
  SELECT u.unit_id, u.entity_id, s.age_at_discharge, s.gender, s.race, s.ethnicity
  FROM measure_units AS u
  JOIN measured_discharges AS s ON s.stay_id = u.stay_id
)
SELECT unit_id, 'age_band' AS stratum,
  CASE WHEN age_at_discharge IS NULL THEN 'unknown' WHEN age_at_discharge < 6 THEN '0-5' WHEN age_at_discharge < 12 THEN '6-11' WHEN age_at_discharge < 18 THEN '12-17'
    WHEN age_at_discharge < 65 THEN '18-64' ELSE '65+' END AS stratum_value
FROM described
UNION ALL
SELECT unit_id, 'gender' AS stratum, COALESCE(gender, 'unknown') AS stratum_value FROM described
UNION ALL
SELECT unit_id, 'race' AS stratum, COALESCE(race, 'unknown') AS stratum_value FROM described
UNION ALL
SELECT unit_id, 'ethnicity' AS stratum, COALESCE(ethnicity, 'unknown') AS stratum_value FROM described
UNION ALL
SELECT d.unit_id, 'peer_group' AS stratum, COALESCE(g.peer_group, 'unknown') AS stratum_value FROM described AS d LEFT JOIN peers AS g ON g.facility_id = d.entity_id
