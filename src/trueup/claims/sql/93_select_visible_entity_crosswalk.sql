-- Keeps the entity_crosswalk rows known by the as-of date.
-- reads: entity_crosswalk, run_params
-- writes: visible_entity_crosswalk
-- grain: one entity_crosswalk row
-- key: tin, effective_from
SELECT r.* FROM entity_crosswalk AS r CROSS JOIN run_params AS p WHERE r.known_date IS NULL OR r.known_date <= p.as_of
