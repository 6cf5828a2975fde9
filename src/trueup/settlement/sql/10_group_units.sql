-- Sums the retained episodes of each accountable entity, period and cohort.
-- reads: marked_episodes
-- writes: unit_groups
-- grain: one accountable entity, period and cohort
-- key: entity_id, period, cohort
SELECT accountable_entity_id AS entity_id, period, cohort,
  COUNT(CASE WHEN exclusion_reasons = '' THEN 1 END) AS unit_count,
  CAST(SUM(CASE WHEN exclusion_reasons = '' THEN total_cost_cents ELSE 0 END) AS BIGINT) AS actual_cents,
  CAST(SUM(CASE WHEN exclusion_reasons = '' THEN target_amount_cents END) AS BIGINT) AS expected_cents,
  MIN(CASE WHEN exclusion_reasons = '' THEN assign_date END) AS first_assign_date,
  MAX(CASE WHEN exclusion_reasons = '' THEN assign_date END) AS last_assign_date,
  CAST(SUM(held_cents) AS BIGINT) AS held_cents
FROM marked_episodes
WHERE accountable_entity_id IS NOT NULL AND took_part
GROUP BY accountable_entity_id, period, cohort
HAVING COUNT(CASE WHEN exclusion_reasons = '' THEN 1 END) > 0
