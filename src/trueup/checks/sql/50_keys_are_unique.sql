-- An episode that was written twice, or that has two attributed winners.
-- reads: episodes, attribution_candidates
-- writes: check_keys_are_unique
-- grain: one doubled key
-- key: table_name, episode_id
SELECT 'episodes' AS table_name, episode_id, COUNT(*) AS copies FROM episodes GROUP BY episode_id HAVING COUNT(*) > 1
UNION ALL
SELECT 'attribution_candidates' AS table_name, episode_id, COUNT(*) AS copies FROM attribution_candidates WHERE won GROUP BY episode_id HAVING COUNT(*) > 1
