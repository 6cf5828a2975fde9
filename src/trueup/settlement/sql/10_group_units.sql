-- Sums the retained episodes of each accountable entity, period and cohort that took part on the day that assigns them.
-- reads: episodes, final_participation, run_params
-- writes: unit_groups
-- grain: one accountable entity, period and cohort
-- key: entity_id, period, cohort
WITH stays AS (
  SELECT s.entity_id, s.joined_on, s.left_on FROM final_participation AS s JOIN run_params AS p ON p.program = s.program
),
roster AS (SELECT COUNT(*) AS roster_rows FROM stays),
assigned AS (
  SELECT e.accountable_entity_id AS entity_id, e.period, e.cohort, e.episode_id, e.exclusion_reasons, e.total_cost_cents, e.target_amount_cents, e.held_cents,
    CASE WHEN p.assign_by = 'episode_end' THEN e.episode_end_date ELSE e.delivery_date END AS assign_date
  FROM episodes AS e
  CROSS JOIN run_params AS p
  WHERE e.accountable_entity_id IS NOT NULL
),
-- Where the program has no roster at all, everyone accountable takes part; an entity not on it is left for settlement to refuse.
outside_stay AS (
  SELECT a.episode_id
  FROM assigned AS a
  CROSS JOIN roster AS r
  SEMI JOIN stays AS any_stay ON any_stay.entity_id = a.entity_id
  WHERE r.roster_rows > 0
  EXCEPT
  SELECT a.episode_id
  FROM assigned AS a
  JOIN stays AS s ON s.entity_id = a.entity_id
  WHERE a.assign_date >= s.joined_on AND (s.left_on IS NULL OR a.assign_date < s.left_on)
),
taking_part AS (SELECT a.* FROM assigned AS a ANTI JOIN outside_stay AS o ON o.episode_id = a.episode_id)
SELECT entity_id, period, cohort,
  COUNT(CASE WHEN exclusion_reasons = '' THEN 1 END) AS unit_count,
  CAST(SUM(CASE WHEN exclusion_reasons = '' THEN total_cost_cents ELSE 0 END) AS BIGINT) AS actual_cents,
  CAST(SUM(CASE WHEN exclusion_reasons = '' THEN target_amount_cents END) AS BIGINT) AS expected_cents,
  COUNT(CASE WHEN exclusion_reasons = '' AND target_amount_cents IS NULL THEN 1 END) AS units_without_target,
  MIN(CASE WHEN exclusion_reasons = '' THEN assign_date END) AS first_assign_date,
  MAX(CASE WHEN exclusion_reasons = '' THEN assign_date END) AS last_assign_date,
  CAST(SUM(held_cents) AS BIGINT) AS held_cents
FROM taking_part
GROUP BY entity_id, period, cohort
HAVING COUNT(CASE WHEN exclusion_reasons = '' THEN 1 END) > 0
