-- Finds true losses that left no final line on their day: nothing of them is in the claims of those who have an episode.
-- reads: truth_pregnancies, episodes, episode_lines
-- writes: unseen_losses
-- grain: one true loss
-- key: pregnancy_id
WITH seen AS (
  SELECT DISTINCT e.member_id, l.line_start_date
  FROM episode_lines AS l
  JOIN episodes AS e ON e.episode_id = l.episode_id
)
SELECT t.pregnancy_id
FROM truth_pregnancies AS t
ANTI JOIN seen AS s ON s.member_id = t.member_id AND s.line_start_date = CAST(t.delivery_date AS DATE)
WHERE t.outcome = 'loss'
