-- Lists the episodes as units of measures, with the dates that criteria count days from; the anchor is the day of the procedure.
-- reads: episode_units, measured_episodes
-- writes: measure_units
-- grain: one unit
-- key: unit_id
SELECT m.episode_id AS unit_id, 'episode' AS unit_kind, m.member_id, m.entity_id, m.period, u.episode_start_date AS start_date,
  m.delivery_date AS anchor_date, m.episode_end_date AS end_date, m.stay_start_date, m.stay_end_date
FROM measured_episodes AS m
JOIN episode_units AS u ON u.episode_id = m.episode_id
