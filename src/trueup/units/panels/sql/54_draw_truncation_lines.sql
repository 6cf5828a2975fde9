-- Draws the cost line of each period: an amount, or the cost at a rank of all members, over all payers or payer by payer.
-- reads: panel_member_sums, run_params
-- writes: truncation_lines
-- grain: one period and scope
-- key: period, scope
WITH totals AS (
  SELECT period, member_id, payer, CAST(SUM(cost_cents) AS BIGINT) AS cost_cents FROM panel_member_sums GROUP BY period, member_id, payer
),
scoped AS (
  SELECT s.period, CASE WHEN p.truncation_scope = 'payer' THEN s.payer ELSE 'all_payers' END AS scope, s.member_id, s.payer, s.cost_cents,
    p.truncation_method, p.truncation_cents, p.truncation_micros, p.truncation_rank_rule
  FROM totals AS s
  CROSS JOIN run_params AS p
),
ranked AS (
  SELECT c.*, n.members, ROW_NUMBER() OVER (PARTITION BY c.period, c.scope ORDER BY c.cost_cents, c.member_id, c.payer) AS cost_rank
  FROM scoped AS c
  JOIN (SELECT period, scope, COUNT(*) AS members FROM scoped GROUP BY period, scope) AS n ON n.period = c.period AND n.scope = c.scope
)
SELECT period, scope, MAX(members) AS members,
  MIN(
    CASE
      WHEN truncation_method = 'fixed' THEN truncation_cents
      WHEN truncation_method = 'percentile' AND truncation_rank_rule = 'nearest_rank' AND cost_rank * 1000000 >= truncation_micros * members THEN cost_cents
      WHEN truncation_method = 'percentile' AND truncation_rank_rule = 'higher' AND (cost_rank - 1) * 1000000 >= truncation_micros * (members - 1) THEN cost_cents
    END
  ) AS amount_cents
FROM ranked
GROUP BY period, scope
