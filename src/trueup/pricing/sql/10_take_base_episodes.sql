-- Takes the base period's episodes with the attributed entity; those without exclusion reason are what prices rest on.
-- reads: episodes, run_params
-- writes: base_episodes
-- grain: one base episode
-- key: episode_id
SELECT e.episode_id, e.attributed_entity_id AS entity_id, e.cohort, e.delivery_date, e.outcome, e.total_cost_cents, e.risk_score, e.claim_line_count,
  e.exclusion_reasons
FROM episodes AS e
JOIN run_params AS p ON p.baseline_period = e.period
