-- Counts each entity's attributed episodes, those that a check counts as high-risk, and sums their risk scores in millionths.
-- reads: episodes, high_risk_episodes, rule_monitor_checks
-- writes: selected_counts
-- grain: one check, entity and period
-- key: check_id, entity_id, period
WITH scored AS (
  SELECT episode_id, attributed_entity_id AS entity_id, period, CAST(risk_score * 1000000 AS BIGINT) AS risk_micros
  FROM episodes
  WHERE attributed_entity_id IS NOT NULL AND period IS NOT NULL
)
SELECT k.check_id, s.entity_id, s.period, COUNT(*) AS units, COUNT(h.episode_id) AS events,
  CAST(SUM(s.risk_micros) AS BIGINT) AS risk_micros, CAST(SUM(s.risk_micros * s.risk_micros) AS BIGINT) AS risk_squares
FROM scored AS s
JOIN rule_monitor_checks AS k ON k.kind = 'selection'
LEFT JOIN high_risk_episodes AS h ON h.check_id = k.check_id AND h.episode_id = s.episode_id
GROUP BY k.check_id, s.entity_id, s.period
