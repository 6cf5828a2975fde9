-- Gives each wrong, missing or surplus answer the first cause, in the order of the list, that can make this answer differ.
-- reads: answers, birth_causes, possible_causes
-- writes: misses
-- grain: one wrong, missing or surplus answer
-- key: comparison, pregnancy_id, episode_id
WITH wrong AS (
  SELECT comparison, pregnancy_id, episode_id
  FROM answers
  WHERE true_value IS DISTINCT FROM found_value
),
ranked AS (
  SELECT w.comparison, w.pregnancy_id, w.episode_id, l.cause,
    ROW_NUMBER() OVER (PARTITION BY w.comparison, w.pregnancy_id, w.episode_id ORDER BY l.place) AS cause_rank
  FROM wrong AS w
  JOIN possible_causes AS l ON l.comparison = w.comparison
  JOIN birth_causes AS c ON c.pregnancy_id = w.pregnancy_id AND c.cause = l.cause
)
SELECT w.comparison, w.pregnancy_id, w.episode_id, COALESCE(r.cause, 'unexplained') AS cause
FROM wrong AS w
LEFT JOIN ranked AS r
  ON r.comparison = w.comparison AND r.pregnancy_id = w.pregnancy_id AND r.episode_id IS NOT DISTINCT FROM w.episode_id AND r.cause_rank = 1
