-- Costs each base episode as care: its included lines, a line that a case rate paid at zero at its price, and no payment that is for no claim.
-- reads: base_episodes, decided_lines, base_covered_lines, member_lines, run_params
-- writes: base_episode_costs
-- grain: one base episode
-- key: episode_id
WITH lines AS (
  SELECT d.episode_id, CAST(SUM(d.cost_cents) AS BIGINT) AS line_cents
  FROM decided_lines AS d
  SEMI JOIN base_episodes AS b ON b.episode_id = d.episode_id
  WHERE d.reason IS NULL
  GROUP BY d.episode_id
),
-- Where cost is what was paid, a line paid at zero costs nothing by itself.
shadows AS (
  SELECT c.episode_id, CAST(SUM(c.covered_cents) AS BIGINT) AS shadow_cents
  FROM base_covered_lines AS c
  CROSS JOIN run_params AS p
  JOIN member_lines AS l ON l.claim_id = c.claim_id AND l.version_seq = c.version_seq AND l.claim_line_number = c.claim_line_number
  SEMI JOIN base_episodes AS b ON b.episode_id = c.episode_id
  WHERE p.cost_basis = 'paid' AND l.paid_cents = 0
  GROUP BY c.episode_id
)
SELECT b.episode_id, COALESCE(l.line_cents, 0) + COALESCE(s.shadow_cents, 0) AS base_cost_cents
FROM base_episodes AS b
LEFT JOIN lines AS l ON l.episode_id = b.episode_id
LEFT JOIN shadows AS s ON s.episode_id = b.episode_id
