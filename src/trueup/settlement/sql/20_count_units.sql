-- Counts the units of accountable entities that must be answered for: retained, and not assigned outside the entity's stays.
-- reads: marked_episodes
-- writes: units_to_settle
-- grain: one period
-- key: period
SELECT period, COUNT(*) - COUNT(CASE WHEN NOT took_part THEN 1 END) AS units
FROM marked_episodes
WHERE accountable_entity_id IS NOT NULL AND exclusion_reasons = '' AND period IS NOT NULL
GROUP BY period
