-- Compares each episode's cost with the frozen outlier lines of its scope: the base line in the base period, the trended one after it.
-- reads: episode_costs, episode_units, episode_cohorts, outlier_lines, rule_periods, run_params
-- writes: outlier_checks
-- grain: one episode
-- key: episode_id
SELECT e.episode_id,
  MAX(CASE WHEN o.tail = 'high' AND c.full_cost_cents * 1000000 > CASE WHEN r.role = 'baseline' THEN o.base_cents ELSE o.amount_cents END * c.risk_micros THEN 1 ELSE 0 END) AS is_above_high,
  MAX(CASE WHEN o.tail = 'low' AND c.full_cost_cents * 1000000 < CASE WHEN r.role = 'baseline' THEN o.base_cents ELSE o.amount_cents END * c.risk_micros THEN 1 ELSE 0 END) AS is_below_low,
  MAX(CASE WHEN o.tail = 'high' THEN (CASE WHEN r.role = 'baseline' THEN o.base_cents ELSE o.amount_cents END * c.risk_micros * 2 + 1000000) // 2000000 END) AS high_line_cents,
  MAX(CASE WHEN o.tail = 'low' THEN (CASE WHEN r.role = 'baseline' THEN o.base_cents ELSE o.amount_cents END * c.risk_micros * 2 + 1000000) // 2000000 END) AS low_line_cents
FROM episode_units AS e
JOIN episode_costs AS c ON c.episode_id = e.episode_id
JOIN episode_cohorts AS k ON k.episode_id = e.episode_id
CROSS JOIN run_params AS p
LEFT JOIN rule_periods AS r ON r.period = e.period
LEFT JOIN outlier_lines AS o ON o.scope = CASE WHEN p.outlier_scope = 'state_cohort' THEN 'state_cohort:' || k.cohort ELSE 'state' END
GROUP BY e.episode_id
