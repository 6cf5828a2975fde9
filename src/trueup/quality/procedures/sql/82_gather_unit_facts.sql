-- Gathers the facts of each episode that a criterion may compare; what is not known has no row.
-- reads: measured_episodes, episode_units, inpatient_stays, candidate_eligibility
-- writes: unit_facts
-- grain: one fact of one unit
-- key: unit_id, fact
WITH people AS (SELECT member_id, MIN(birth_date) AS birth_date FROM candidate_eligibility GROUP BY member_id),
stays AS (SELECT DISTINCT member_id, stay_number, stay_start_date FROM inpatient_stays),
returns AS (
  SELECT e.episode_id, MIN(DATE_DIFF('day', e.stay_end_date, s.stay_start_date)) AS days
  FROM measured_episodes AS e
  JOIN stays AS s ON s.member_id = e.member_id
  WHERE s.stay_start_date > e.stay_end_date
  GROUP BY e.episode_id
),
facts AS (
  SELECT episode_id, 'stay_days' AS fact, DATE_DIFF('day', stay_start_date, stay_end_date) AS fact_value FROM measured_episodes
  UNION ALL SELECT m.episode_id, 'is_inpatient' AS fact, CASE WHEN u.setting = 'inpatient' THEN 1 ELSE 0 END AS fact_value
    FROM measured_episodes AS m JOIN episode_units AS u ON u.episode_id = m.episode_id
  UNION ALL SELECT episode_id, 'days_to_readmission' AS fact, days AS fact_value FROM returns
  UNION ALL SELECT e.episode_id, 'age_at_delivery' AS fact,
      YEAR(e.delivery_date) - YEAR(q.birth_date)
      - CASE WHEN MONTH(e.delivery_date) * 100 + DAY(e.delivery_date) < MONTH(q.birth_date) * 100 + DAY(q.birth_date) THEN 1 ELSE 0 END AS fact_value
    FROM measured_episodes AS e JOIN people AS q ON q.member_id = e.member_id
)
SELECT episode_id AS unit_id, fact, CAST(fact_value AS BIGINT) AS fact_value FROM facts WHERE fact_value IS NOT NULL
