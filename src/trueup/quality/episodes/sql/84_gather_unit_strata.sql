-- Gathers the strata of each episode: race, ethnicity, area band, cohort and age band; what is not known is `unknown`.
-- reads: measured_episodes, candidate_eligibility, visible_area_index, episode_cohorts, unit_facts
-- writes: unit_strata
-- grain: one stratum of one unit
-- key: unit_id, stratum
WITH people AS (
  SELECT e.episode_id, e.delivery_date, g.race, g.ethnicity, SUBSTRING(g.zip_code, 1, 5) AS zip_code, g.enrollment_start_date,
    CASE WHEN g.enrollment_start_date <= e.delivery_date AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= e.delivery_date) THEN 0 ELSE 1 END AS is_elsewhere,
    g.source_file, g.source_row
  FROM measured_episodes AS e
  JOIN candidate_eligibility AS g ON g.member_id = e.member_id
),
-- The enrollment row that holds at delivery says it, else the latest one that says anything.
said AS (
  SELECT episode_id, 'race' AS stratum, race AS stratum_value,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY is_elsewhere, enrollment_start_date DESC NULLS LAST, source_file, source_row) AS said_number
  FROM people WHERE race IS NOT NULL
  UNION ALL
  SELECT episode_id, 'ethnicity' AS stratum, ethnicity AS stratum_value,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY is_elsewhere, enrollment_start_date DESC NULLS LAST, source_file, source_row) AS said_number
  FROM people WHERE ethnicity IS NOT NULL
),
homes AS (
  SELECT episode_id, delivery_date, zip_code,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY enrollment_start_date DESC, zip_code) AS home_number
  FROM people WHERE zip_code IS NOT NULL AND is_elsewhere = 0
),
areas AS (
  SELECT h.episode_id, a.band, ROW_NUMBER() OVER (PARTITION BY h.episode_id ORDER BY a.effective_from DESC, a.band) AS area_number
  FROM homes AS h
  JOIN visible_area_index AS a ON a.zip_code = h.zip_code
  WHERE h.home_number = 1 AND a.effective_from <= h.delivery_date AND (a.effective_to IS NULL OR h.delivery_date < a.effective_to)
),
known AS (
  SELECT episode_id, stratum, stratum_value FROM said WHERE said_number = 1
  UNION ALL
  SELECT episode_id, 'area_band' AS stratum, CAST(band AS VARCHAR) AS stratum_value FROM areas WHERE area_number = 1
  UNION ALL
  SELECT episode_id, 'cohort' AS stratum, cohort AS stratum_value FROM episode_cohorts
  UNION ALL
  SELECT unit_id AS episode_id, 'age_band' AS stratum,
    CASE WHEN fact_value < 20 THEN 'under_20' WHEN fact_value < 35 THEN '20_to_34' ELSE '35_and_over' END AS stratum_value
  FROM unit_facts WHERE fact = 'age_at_delivery'
),
strata AS (
  SELECT 'race' AS stratum
  UNION ALL SELECT 'ethnicity' AS stratum
  UNION ALL SELECT 'area_band' AS stratum
  UNION ALL SELECT 'cohort' AS stratum
  UNION ALL SELECT 'age_band' AS stratum
)
SELECT e.episode_id AS unit_id, s.stratum, COALESCE(k.stratum_value, 'unknown') AS stratum_value
FROM measured_episodes AS e
CROSS JOIN strata AS s
LEFT JOIN known AS k ON k.episode_id = e.episode_id AND k.stratum = s.stratum
