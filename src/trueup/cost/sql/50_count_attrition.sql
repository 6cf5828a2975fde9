-- Counts, per period, the episodes and dollars each exclusion rule removes first, in rule order; position 0 is the start.
-- reads: episodes, exclusion_hits, rule_exclusions
-- writes: attrition
-- grain: one exclusion rule in one period
-- key: period, position
WITH firsts AS (SELECT episode_id, MIN(position) AS position FROM exclusion_hits GROUP BY episode_id),
steps AS (
  SELECT position, reason FROM rule_exclusions
  UNION ALL
  SELECT 0 AS position, 'all_episodes' AS reason
),
removed AS (
  SELECT e.period, f.position, COUNT(*) AS episodes_removed, CAST(SUM(e.total_cost_cents) AS BIGINT) AS removed_amount_cents
  FROM episodes AS e
  JOIN firsts AS f ON f.episode_id = e.episode_id
  GROUP BY e.period, f.position
),
totals AS (SELECT period, COUNT(*) AS episodes, CAST(SUM(total_cost_cents) AS BIGINT) AS cents FROM episodes GROUP BY period),
grid AS (
  SELECT t.period, s.position, s.reason, t.episodes, t.cents,
    COALESCE(r.episodes_removed, 0) AS episodes_removed, COALESCE(r.removed_amount_cents, 0) AS removed_amount_cents
  FROM totals AS t
  CROSS JOIN steps AS s
  LEFT JOIN removed AS r ON r.period = t.period AND r.position = s.position
)
SELECT period, position, reason, episodes_removed, removed_amount_cents,
  episodes - CAST(SUM(episodes_removed) OVER (PARTITION BY period ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS episodes_left,
  cents - CAST(SUM(removed_amount_cents) OVER (PARTITION BY period ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS left_amount_cents
FROM grid
