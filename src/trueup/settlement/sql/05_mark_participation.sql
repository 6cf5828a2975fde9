-- Marks the episodes whose accountable entity took part on the day that assigns them, and not in a program that excludes it; without any roster, everyone takes part.
-- reads: episodes, final_participation, rule_exclusive_programs, run_params
-- writes: marked_episodes
-- grain: one episode
-- key: episode_id
WITH stays AS (
  SELECT s.entity_id, s.joined_on, s.left_on FROM final_participation AS s JOIN run_params AS p ON p.program = s.program
),
roster AS (SELECT COUNT(*) AS roster_rows FROM stays),
assigned AS (
  SELECT e.episode_id, e.accountable_entity_id, CASE WHEN p.assign_by = 'episode_end' THEN e.episode_end_date ELSE e.delivery_date END AS assign_date
  FROM episodes AS e
  CROSS JOIN run_params AS p
),
inside AS (
  SELECT DISTINCT a.episode_id
  FROM assigned AS a
  JOIN stays AS s ON s.entity_id = a.accountable_entity_id
  WHERE a.assign_date >= s.joined_on AND (s.left_on IS NULL OR a.assign_date < s.left_on)
),
-- Whoever takes part in a program that excludes this one does not take part here.
elsewhere AS (
  SELECT DISTINCT a.episode_id
  FROM assigned AS a
  JOIN final_participation AS s ON s.entity_id = a.accountable_entity_id
  SEMI JOIN rule_exclusive_programs AS x ON x.program = s.program
  WHERE a.assign_date >= s.joined_on AND (s.left_on IS NULL OR a.assign_date < s.left_on)
),
-- An entity that is not on the roster at all is left for settlement to refuse.
listed AS (SELECT DISTINCT entity_id FROM stays)
SELECT e.*, a.assign_date,
  x.episode_id IS NULL AND (r.roster_rows = 0 OR i.episode_id IS NOT NULL OR l.entity_id IS NULL) AS took_part
FROM episodes AS e
JOIN assigned AS a ON a.episode_id = e.episode_id
CROSS JOIN roster AS r
LEFT JOIN inside AS i ON i.episode_id = e.episode_id
LEFT JOIN elsewhere AS x ON x.episode_id = e.episode_id
LEFT JOIN listed AS l ON l.entity_id = e.accountable_entity_id
