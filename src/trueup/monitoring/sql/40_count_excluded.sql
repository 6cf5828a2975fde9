-- Counts each entity's attributed episodes and those that an exclusion rule took out.
-- reads: episodes
-- writes: excluded_counts
-- grain: one entity and period
-- key: entity_id, period
SELECT attributed_entity_id AS entity_id, period, COUNT(*) AS units, COUNT(CASE WHEN exclusion_reasons <> '' THEN 1 END) AS events
FROM episodes
WHERE attributed_entity_id IS NOT NULL AND period IS NOT NULL
GROUP BY attributed_entity_id, period
