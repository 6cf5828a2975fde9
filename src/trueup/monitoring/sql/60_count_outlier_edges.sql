-- Counts each entity's attributed episodes and those whose cost lies above the high outlier line by no more than a check's width in percent.
-- reads: episodes, episode_costs, outlier_checks, rule_monitor_patterns
-- writes: outlier_edges
-- grain: one check, entity and period
-- key: check_id, entity_id, period
SELECT k.check_id, e.attributed_entity_id AS entity_id, e.period, COUNT(*) AS units,
  COUNT(CASE WHEN o.is_above_high = 1 AND c.full_cost_cents * 100 <= o.high_line_cents * (100 + k.width) THEN 1 END) AS events
FROM episodes AS e
JOIN episode_costs AS c ON c.episode_id = e.episode_id
JOIN outlier_checks AS o ON o.episode_id = e.episode_id
JOIN rule_monitor_patterns AS k ON k.pattern = 'outlier_edge'
WHERE e.attributed_entity_id IS NOT NULL AND e.period IS NOT NULL AND o.high_line_cents IS NOT NULL
GROUP BY k.check_id, e.attributed_entity_id, e.period
