-- Takes the episodes that measures look at: births in a period, over by the as-of day, not the echo of an earlier one, with their entity.
-- reads: episode_units, attribution_candidates, rule_periods, run_params
-- writes: measured_episodes
-- grain: one episode
-- key: episode_id
SELECT e.episode_id, e.member_id, e.event_number, e.period, e.delivery_date, e.pregnancy_start_date, e.gestation_weeks, e.outcome, e.mode, e.fetus_count,
  e.stay_start_date, e.stay_end_date, e.episode_end_date, w.entity_id
FROM episode_units AS e
CROSS JOIN run_params AS p
SEMI JOIN rule_periods AS r ON r.period = e.period
LEFT JOIN attribution_candidates AS w ON w.episode_id = e.episode_id AND w.won
WHERE e.is_too_soon = 0 AND e.episode_end_date <= p.as_of
