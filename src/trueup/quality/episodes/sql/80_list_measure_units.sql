-- Lists the episodes as units of measures, with the dates that criteria count days from.
-- reads: measured_episodes
-- writes: measure_units
-- grain: one unit
-- key: unit_id
SELECT episode_id AS unit_id, 'episode' AS unit_kind, member_id, entity_id, period, pregnancy_start_date AS start_date, delivery_date AS anchor_date,
  episode_end_date AS end_date, stay_start_date, stay_end_date
FROM measured_episodes
