-- Two episodes of a member whose own windows share a day.
-- reads: episode_units
-- writes: check_windows_are_apart
-- grain: one pair of overlapping episodes
-- key: episode_id, other_episode_id
SELECT a.episode_id, b.episode_id AS other_episode_id
FROM episode_units AS a
JOIN episode_units AS b ON b.member_id = a.member_id
WHERE a.is_too_soon = 0 AND b.is_too_soon = 0 AND a.delivery_date < b.delivery_date AND b.episode_start_date <= a.episode_end_date
