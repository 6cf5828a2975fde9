-- Takes the base period's episodes without exclusion reason, for the attributed entity.
-- reads: episodes, run_params
-- writes: base_episodes
-- grain: one base episode
-- key: episode_id
SELECT e.episode_id, e.attributed_entity_id AS entity_id, e.cohort, e.total_cost_cents, e.risk_score
FROM episodes AS e
JOIN run_params AS p ON p.baseline_period = e.period
WHERE e.exclusion_reasons = ''
