-- Pairs episodes with true births of the same member within thirty days, each with at most one of the other, the nearest first.
-- reads: episodes, true_births
-- writes: matches
-- grain: one episode and its true birth
-- key: episode_id
WITH near AS (
  SELECT e.episode_id, b.pregnancy_id, b.is_expected, ABS(DATE_DIFF('day', e.delivery_date, b.delivery_date)) AS days_apart
  FROM episodes AS e
  JOIN true_births AS b ON b.member_id = e.member_id
  WHERE ABS(DATE_DIFF('day', e.delivery_date, b.delivery_date)) <= 30
),
ranked AS (
  SELECT episode_id, pregnancy_id, is_expected,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY days_apart, pregnancy_id) AS birth_rank,
    ROW_NUMBER() OVER (PARTITION BY pregnancy_id ORDER BY days_apart, episode_id) AS episode_rank
  FROM near
)
SELECT episode_id, pregnancy_id, is_expected FROM ranked WHERE birth_rank = 1 AND episode_rank = 1
