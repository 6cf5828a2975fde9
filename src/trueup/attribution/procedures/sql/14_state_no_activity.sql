-- Holds no work by the month: procedures are attributed by the anchor alone.
-- reads: run_params
-- writes: entity_activity
-- grain: one entity and day
-- key: entity_id, line_start_date
SELECT CAST(NULL AS VARCHAR) AS entity_id, CAST(NULL AS DATE) AS line_start_date, 0 AS is_trigger FROM run_params WHERE program IS NULL
