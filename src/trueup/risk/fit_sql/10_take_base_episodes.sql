-- Takes the base episodes a model is fitted on: attributed, in the base period, without exclusion reason.
-- reads: episodes, episode_patterns, candidate_eligibility, run_params
-- writes: risk_base_episodes
-- grain: one retained base episode
-- key: episode_id
WITH people AS (SELECT member_id, MIN(race) AS race FROM candidate_eligibility GROUP BY member_id)
SELECT e.episode_id, COALESCE(e.attributed_entity_id, '') AS entity_id, e.cohort, COALESCE(q.race, 'not stated') AS race,
  e.total_cost_cents, p.pattern
FROM episodes AS e
CROSS JOIN run_params AS r
JOIN episode_patterns AS p ON p.episode_id = e.episode_id
LEFT JOIN people AS q ON q.member_id = e.member_id
WHERE e.period = r.baseline_period AND e.exclusion_reasons = ''
