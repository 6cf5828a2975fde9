-- Lists the pregnancies with the day of their first trigger.
-- reads: pregnancy_frames, entity_activity
-- writes: pregnancies
-- grain: one pregnancy of a member
-- key: pregnancy_id
WITH firsts AS (
  SELECT pregnancy_id, MIN(line_start_date) AS first_trigger_date FROM entity_activity WHERE is_trigger = 1 GROUP BY pregnancy_id
)
SELECT f.pregnancy_id, f.episode_id, f.member_id, f.pregnancy_start_date, f.start_source, f.end_kind, f.end_date, f.window_start_date, f.window_end_date,
  t.first_trigger_date
FROM pregnancy_frames AS f
LEFT JOIN firsts AS t ON t.pregnancy_id = f.pregnancy_id
