-- Counts each accountable entity's retained episodes by cohort.
-- reads: episodes
-- writes: cohort_counts
-- grain: one entity, period and cohort
-- key: entity_id, period, cohort
SELECT accountable_entity_id AS entity_id, period, cohort, COUNT(*) AS units
FROM episodes
WHERE accountable_entity_id IS NOT NULL AND period IS NOT NULL AND exclusion_reasons = ''
GROUP BY accountable_entity_id, period, cohort
