-- Ranks the entities that performed the anchor procedure of each episode, and names what decided.
-- reads: deliverers
-- writes: attribution_candidates
-- grain: one candidate entity of one episode
-- key: episode_id, entity_id
WITH decided AS (
  SELECT a.episode_id,
    CASE
      WHEN b.entity_id IS NULL THEN 'only_candidate'
      WHEN a.delivery_amount_cents <> b.delivery_amount_cents THEN 'highest_paid_procedure'
      WHEN a.first_date <> b.first_date THEN 'earliest'
      ELSE 'smallest_entity_id'
    END AS deciding_rule
  FROM deliverers AS a
  LEFT JOIN deliverers AS b ON b.episode_id = a.episode_id AND b.candidate_rank = 2
  WHERE a.candidate_rank = 1
)
SELECT c.episode_id, c.entity_id, c.candidate_rank, CAST(0 AS BIGINT) AS months, c.delivery_amount_cents, c.first_date, c.candidate_rank = 1 AS won, d.deciding_rule
FROM deliverers AS c
JOIN decided AS d ON d.episode_id = c.episode_id
