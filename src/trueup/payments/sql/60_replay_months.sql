-- Counts the months a program without roster, go-live, rates or due month would have paid: the denominator of a rate.
-- reads: case_rate_months
-- writes: base_case_rate_months
-- grain: one entity in one pregnancy
-- key: pregnancy_id, entity_id
SELECT pregnancy_id, entity_id, MIN(episode_id) AS episode_id, MIN(end_kind) AS end_kind, MIN(end_date) AS end_date, MIN(member_id) AS member_id,
  COUNT(*) AS months
FROM case_rate_months
WHERE is_replayed = 1
GROUP BY pregnancy_id, entity_id
