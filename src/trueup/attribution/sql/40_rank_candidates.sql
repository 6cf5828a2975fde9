-- Ranks the entities that could be attributed each episode, by the program's rule, and names what decided.
-- reads: attribution_months, entity_activity, deliverers, run_params
-- writes: attribution_candidates
-- grain: one candidate entity of one episode
-- key: episode_id, entity_id
WITH month_counts AS (SELECT episode_id, entity_id, COUNT(*) AS months FROM attribution_months WHERE episode_id IS NOT NULL GROUP BY episode_id, entity_id),
first_triggers AS (
  SELECT pregnancy_id AS episode_id, entity_id, MIN(line_start_date) AS first_date FROM entity_activity WHERE is_trigger = 1 GROUP BY pregnancy_id, entity_id
),
candidates AS (
  SELECT m.episode_id, m.entity_id, m.months, d.delivery_amount_cents, t.first_date,
    ROW_NUMBER() OVER (
      PARTITION BY m.episode_id
      ORDER BY m.months DESC, CASE WHEN d.entity_id IS NULL THEN 1 ELSE 0 END, t.first_date, m.entity_id
    ) AS candidate_rank
  FROM month_counts AS m
  CROSS JOIN run_params AS p
  JOIN first_triggers AS t ON t.episode_id = m.episode_id AND t.entity_id = m.entity_id
  LEFT JOIN deliverers AS d ON d.episode_id = m.episode_id AND d.entity_id = m.entity_id
  WHERE p.episode_rule = 'most_trigger_months'
  UNION ALL
  SELECT d.episode_id, d.entity_id, COALESCE(m.months, 0) AS months, d.delivery_amount_cents, d.first_date, d.candidate_rank
  FROM deliverers AS d
  CROSS JOIN run_params AS p
  LEFT JOIN month_counts AS m ON m.episode_id = d.episode_id AND m.entity_id = d.entity_id
  WHERE p.episode_rule = 'delivering_entity'
),
decided AS (
  SELECT a.episode_id,
    CASE
      WHEN b.entity_id IS NULL THEN 'only_candidate'
      WHEN p.episode_rule = 'most_trigger_months' AND a.months <> b.months THEN 'most_months'
      WHEN p.episode_rule = 'most_trigger_months' AND (a.delivery_amount_cents IS NULL) <> (b.delivery_amount_cents IS NULL) THEN 'delivered'
      WHEN p.episode_rule = 'delivering_entity' AND a.delivery_amount_cents <> b.delivery_amount_cents THEN 'highest_paid_delivery'
      WHEN a.first_date <> b.first_date THEN 'earliest'
      ELSE 'smallest_entity_id'
    END AS deciding_rule
  FROM candidates AS a
  CROSS JOIN run_params AS p
  LEFT JOIN candidates AS b ON b.episode_id = a.episode_id AND b.candidate_rank = 2
  WHERE a.candidate_rank = 1
)
SELECT c.episode_id, c.entity_id, c.candidate_rank, c.months, c.delivery_amount_cents, c.first_date, c.candidate_rank = 1 AS won, d.deciding_rule
FROM candidates AS c
JOIN decided AS d ON d.episode_id = c.episode_id
