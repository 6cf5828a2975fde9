-- Sets what was found beside what is true, one row per comparison; a birth not found and an episode too many have one side only.
-- reads: episodes, true_births, true_windows, matches
-- writes: answers
-- grain: one comparison of one true birth or of one episode without one
-- key: comparison, pregnancy_id, episode_id
WITH pairs AS (
  SELECT m.pregnancy_id, m.episode_id, b.delivery_date AS true_delivery_date, b.mode AS true_mode, b.outcome AS true_outcome,
    b.gestation_weeks AS true_gestation_weeks, b.entity_id AS true_entity_id, w.first_day, w.last_day,
    e.delivery_date, e.mode, e.outcome, e.gestation_weeks, e.attributed_entity_id, e.episode_start_date, e.episode_end_date
  FROM matches AS m
  JOIN true_births AS b ON b.pregnancy_id = m.pregnancy_id
  JOIN true_windows AS w ON w.pregnancy_id = m.pregnancy_id
  JOIN episodes AS e ON e.episode_id = m.episode_id
)
SELECT 'deliveries' AS comparison, b.pregnancy_id, m.episode_id, 'birth' AS true_value, CASE WHEN m.episode_id IS NOT NULL THEN 'birth' END AS found_value
FROM true_births AS b
LEFT JOIN matches AS m ON m.pregnancy_id = b.pregnancy_id
WHERE b.is_expected
UNION ALL
SELECT 'deliveries', m.pregnancy_id, e.episode_id, CAST(NULL AS VARCHAR), 'birth'
FROM episodes AS e
LEFT JOIN matches AS m ON m.episode_id = e.episode_id
WHERE m.pregnancy_id IS NULL OR NOT m.is_expected
UNION ALL
SELECT 'live_births_with_a_usable_claim', b.pregnancy_id, m.episode_id, 'birth', CASE WHEN m.episode_id IS NOT NULL THEN 'birth' END
FROM true_births AS b
LEFT JOIN matches AS m ON m.pregnancy_id = b.pregnancy_id
WHERE b.is_expected AND b.outcome = 'live_birth' AND b.is_knowable
UNION ALL
SELECT 'delivery_date', pregnancy_id, episode_id, CAST(true_delivery_date AS VARCHAR), CAST(delivery_date AS VARCHAR) FROM pairs
UNION ALL
SELECT 'mode', pregnancy_id, episode_id, true_mode, mode FROM pairs
UNION ALL
SELECT 'outcome', pregnancy_id, episode_id, true_outcome, outcome FROM pairs
UNION ALL
SELECT 'gestation', pregnancy_id, episode_id, CAST(true_gestation_weeks AS VARCHAR), CAST(gestation_weeks AS VARCHAR) FROM pairs
UNION ALL
SELECT 'window', pregnancy_id, episode_id, CONCAT(CAST(first_day AS VARCHAR), '/', CAST(last_day AS VARCHAR)),
  CONCAT(CAST(episode_start_date AS VARCHAR), '/', CAST(episode_end_date AS VARCHAR))
FROM pairs
UNION ALL
SELECT 'attribution', pregnancy_id, episode_id, true_entity_id, attributed_entity_id FROM pairs
