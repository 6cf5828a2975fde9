-- Lists what of each base episode case rates stand for: per entity the dollars they cover and the months that count in total cost.
-- reads: base_episodes, base_covered_lines, case_rate_months, run_params
-- writes: base_episode_scopes
-- grain: one entity in one base episode
-- key: episode_id, entity_id
WITH months AS (
  SELECT m.episode_id, m.entity_id, COUNT(CASE WHEN p.handover_in_tcoc = 'all' OR m.status <> 'handover' THEN 1 END) AS months
  FROM case_rate_months AS m
  CROSS JOIN run_params AS p
  SEMI JOIN base_episodes AS b ON b.episode_id = m.episode_id
  WHERE m.is_replayed = 1
  GROUP BY m.episode_id, m.entity_id
),
covered AS (
  SELECT c.episode_id, c.entity_id, CAST(SUM(c.covered_cents) AS BIGINT) AS covered_cents
  FROM base_covered_lines AS c
  SEMI JOIN base_episodes AS b ON b.episode_id = c.episode_id
  GROUP BY c.episode_id, c.entity_id
)
SELECT m.episode_id, m.entity_id, m.months, COALESCE(c.covered_cents, 0) AS covered_cents
FROM months AS m
LEFT JOIN covered AS c ON c.episode_id = m.episode_id AND c.entity_id = m.entity_id
