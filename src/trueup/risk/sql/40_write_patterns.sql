-- Writes the factors that set prices as one number per episode: the sum of 2^(position - 1) over them.
-- reads: episode_units, episode_factors
-- writes: episode_patterns
-- grain: one episode
-- key: episode_id
WITH bits AS (
  SELECT episode_id, CAST(SUM(pattern_bit) AS BIGINT) AS pattern FROM episode_factors WHERE used GROUP BY episode_id
)
SELECT e.episode_id, COALESCE(b.pattern, CAST(0 AS BIGINT)) AS pattern
FROM episode_units AS e
LEFT JOIN bits AS b ON b.episode_id = e.episode_id
