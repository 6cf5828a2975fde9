-- I-03: an episode whose included lines and corrections do not add up to its fee-for-service cost.
-- reads: episodes, episode_lines, episode_costs
-- writes: check_parts_make_totals
-- grain: one episode out of balance
-- key: episode_id
WITH sums AS (
  SELECT episode_id, CAST(SUM(CASE WHEN included THEN cost_cents ELSE 0 END) AS BIGINT) AS cents, COUNT(CASE WHEN included THEN 1 END) AS lines
  FROM episode_lines
  GROUP BY episode_id
)
SELECT e.episode_id, e.ffs_cost_cents, s.cents, e.claim_line_count, s.lines
FROM episodes AS e
JOIN episode_costs AS c ON c.episode_id = e.episode_id
LEFT JOIN sums AS s ON s.episode_id = e.episode_id
WHERE e.ffs_cost_cents <> COALESCE(s.cents, 0) + c.adjustment_cents OR e.claim_line_count <> COALESCE(s.lines, 0)
