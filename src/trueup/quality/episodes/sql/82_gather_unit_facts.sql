-- Gathers the facts of each episode that a criterion may compare; what is not known has no row.
-- reads: measured_episodes, birth_events, event_evidence, claim_roles, prenatal_days, coverage_facts, candidate_eligibility
-- writes: unit_facts
-- grain: one fact of one unit
-- key: unit_id, fact
WITH people AS (SELECT member_id, MIN(birth_date) AS birth_date FROM candidate_eligibility GROUP BY member_id),
coded AS (
  SELECT DISTINCT v.member_id, v.event_number
  FROM event_evidence AS v
  JOIN claim_roles AS r ON r.version_id = v.version_id
  WHERE r.code_role IN ('outcome_live', 'outcome_stillbirth')
),
earlier AS (
  SELECT e.episode_id, COUNT(b.event_number) AS births
  FROM measured_episodes AS e
  LEFT JOIN birth_events AS b ON b.member_id = e.member_id AND b.event_number < e.event_number AND b.is_too_soon = 0
  GROUP BY e.episode_id
),
visits AS (
  SELECT e.episode_id, e.gestation_weeks, COUNT(p.visit_date) AS visit_days, MIN(p.visit_day) AS first_day
  FROM measured_episodes AS e
  LEFT JOIN prenatal_days AS p ON p.episode_id = e.episode_id
  GROUP BY e.episode_id, e.gestation_weeks
),
-- Weeks with a scheduled visit: every fourth to week 28, every second to 36, then every one; the last one before the week of delivery counts.
weeks AS (
  SELECT episode_id, visit_days, first_day, gestation_weeks - 1 AS last_week, GREATEST(COALESCE(first_day // 7, 4), 4) AS entry_week
  FROM visits
  WHERE gestation_weeks IS NOT NULL
),
scheduled AS (
  SELECT episode_id, visit_days, first_day,
    1 + GREATEST(
      LEAST(last_week // 4, 7) + LEAST(GREATEST(last_week - 28, 0) // 2, 4) + GREATEST(last_week - 36, 0)
      - LEAST(entry_week // 4, 7) - LEAST(GREATEST(entry_week - 28, 0) // 2, 4) - GREATEST(entry_week - 36, 0), 0
    ) AS expected
  FROM weeks
),
facts AS (
  SELECT episode_id, 'is_live_birth' AS fact, CASE WHEN outcome = 'live_birth' THEN 1 ELSE 0 END AS fact_value FROM measured_episodes
  UNION ALL SELECT episode_id, 'is_stillbirth' AS fact, CASE WHEN outcome = 'stillbirth' THEN 1 ELSE 0 END AS fact_value FROM measured_episodes
  UNION ALL SELECT e.episode_id, 'is_outcome_coded' AS fact, CASE WHEN c.member_id IS NULL THEN 0 ELSE 1 END AS fact_value
    FROM measured_episodes AS e LEFT JOIN coded AS c ON c.member_id = e.member_id AND c.event_number = e.event_number
  UNION ALL SELECT episode_id, 'is_cesarean' AS fact, CASE WHEN mode = 'cesarean' THEN 1 ELSE 0 END AS fact_value FROM measured_episodes
  UNION ALL SELECT episode_id, 'is_vaginal' AS fact, CASE WHEN mode = 'vaginal' THEN 1 ELSE 0 END AS fact_value FROM measured_episodes
  UNION ALL SELECT episode_id, 'gestation_weeks' AS fact, gestation_weeks AS fact_value FROM measured_episodes
  UNION ALL SELECT episode_id, 'fetus_count' AS fact, fetus_count AS fact_value FROM measured_episodes
  UNION ALL SELECT episode_id, 'stay_days' AS fact, DATE_DIFF('day', stay_start_date, stay_end_date) AS fact_value FROM measured_episodes
  UNION ALL SELECT e.episode_id, 'age_at_delivery' AS fact,
      YEAR(e.delivery_date) - YEAR(q.birth_date)
      - CASE WHEN MONTH(e.delivery_date) * 100 + DAY(e.delivery_date) < MONTH(q.birth_date) * 100 + DAY(q.birth_date) THEN 1 ELSE 0 END AS fact_value
    FROM measured_episodes AS e JOIN people AS q ON q.member_id = e.member_id
  UNION ALL SELECT episode_id, 'earlier_birth_count' AS fact, births AS fact_value FROM earlier
  UNION ALL SELECT episode_id, 'prenatal_visit_days' AS fact, visit_days AS fact_value FROM visits
  UNION ALL SELECT episode_id, 'first_prenatal_day' AS fact, first_day AS fact_value FROM scheduled
  UNION ALL SELECT episode_id, 'expected_prenatal_visits' AS fact, expected AS fact_value FROM scheduled
  UNION ALL SELECT episode_id, 'adequacy' AS fact, visit_days * 100 // NULLIF(expected, 0) AS fact_value FROM scheduled
  UNION ALL SELECT s.episode_id, 'prenatal_days_after_coverage' AS fact, s.first_day - c.fact_value AS fact_value
    FROM scheduled AS s JOIN coverage_facts AS c ON c.episode_id = s.episode_id AND c.fact = 'coverage_start_day'
  UNION ALL SELECT episode_id, fact, fact_value FROM coverage_facts
)
SELECT episode_id AS unit_id, fact, CAST(fact_value AS BIGINT) AS fact_value FROM facts WHERE fact_value IS NOT NULL
