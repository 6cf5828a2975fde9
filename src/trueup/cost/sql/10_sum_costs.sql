-- Sums each episode's fee-for-service dollars, case-rate dollars and shadow prices.
-- reads: episode_units, decided_lines, member_lines, visible_payments_made, candidate_months, calendar_months, visible_risk_scores, episode_scores, run_params
-- writes: episode_costs
-- grain: one episode
-- key: episode_id
WITH lines AS (
  SELECT d.episode_id,
    CAST(SUM(CASE WHEN d.reason IS NULL THEN d.cost_cents ELSE 0 END) AS BIGINT) AS line_cost_cents,
    CAST(SUM(CASE WHEN d.reason IS NULL AND l.paid_cents = 0 THEN COALESCE(l.allowed_cents, 0) ELSE 0 END) AS BIGINT) AS shadow_cost_cents,
    COUNT(CASE WHEN d.reason IS NULL THEN 1 END) AS claim_line_count
  FROM decided_lines AS d
  JOIN member_lines AS l ON l.version_id = d.version_id AND l.claim_line_number = d.claim_line_number
  GROUP BY d.episode_id
),
-- A paid month belongs to the first episode whose own window it touches.
payments AS (
  SELECT e.episode_id, m.purpose, m.entity_id, m.amount_cents, c.month_number,
    ROW_NUMBER() OVER (PARTITION BY m.payment_id ORDER BY e.delivery_date, e.episode_id) AS home_number
  FROM visible_payments_made AS m
  CROSS JOIN run_params AS p
  JOIN calendar_months AS c ON c.month_number = YEAR(m.period_start_date) * 12 + MONTH(m.period_start_date) - 1
  JOIN episode_units AS e ON e.member_id = m.member_id
  WHERE m.program = p.program AND m.purpose IN ('case_rate', 'ffs_adjustment') AND e.is_too_soon = 0
    AND c.first_day <= e.episode_end_date AND c.last_day >= e.episode_start_date
),
-- A second payment for a month in which another entity holds the member is the program's cost, where the rules say so.
placed AS (
  SELECT m.episode_id, m.purpose, m.amount_cents,
    CASE WHEN p.handover_in_tcoc = 'continuing_only' AND m.purpose = 'case_rate' AND o.entity_id IS NOT NULL THEN 1 ELSE 0 END AS is_handover
  FROM payments AS m
  CROSS JOIN run_params AS p
  LEFT JOIN candidate_months AS o
    ON o.episode_id = m.episode_id AND o.month_number = m.month_number AND o.entity_id = m.entity_id AND o.status IN ('handover', 'overlap')
  WHERE m.home_number = 1
),
paid AS (
  SELECT episode_id,
    CAST(SUM(CASE WHEN purpose = 'case_rate' AND is_handover = 0 THEN amount_cents ELSE 0 END) AS BIGINT) AS case_rate_cost_cents,
    CAST(SUM(CASE WHEN purpose = 'case_rate' AND is_handover = 1 THEN amount_cents ELSE 0 END) AS BIGINT) AS handover_cost_cents,
    CAST(SUM(CASE WHEN purpose = 'ffs_adjustment' THEN amount_cents ELSE 0 END) AS BIGINT) AS adjustment_cents
  FROM placed
  GROUP BY episode_id
),
scores AS (
  SELECT r.member_id, r.delivery_date, r.risk_score FROM visible_risk_scores AS r JOIN run_params AS p ON p.program = r.program
)
SELECT e.episode_id,
  COALESCE(l.line_cost_cents, 0) AS line_cost_cents,
  COALESCE(m.adjustment_cents, 0) AS adjustment_cents,
  COALESCE(l.line_cost_cents, 0) + COALESCE(m.adjustment_cents, 0) AS ffs_cost_cents,
  COALESCE(m.case_rate_cost_cents, 0) AS case_rate_cost_cents,
  COALESCE(m.handover_cost_cents, 0) AS handover_cost_cents,
  COALESCE(l.shadow_cost_cents, 0) AS shadow_cost_cents,
  COALESCE(l.line_cost_cents, 0) + COALESCE(m.adjustment_cents, 0) + COALESCE(m.case_rate_cost_cents, 0) AS full_cost_cents,
  COALESCE(l.claim_line_count, 0) AS claim_line_count,
  CAST(COALESCE(s.risk_score, f.risk_score, 1) * 1000000 AS BIGINT) AS risk_micros
FROM episode_units AS e
LEFT JOIN lines AS l ON l.episode_id = e.episode_id
LEFT JOIN paid AS m ON m.episode_id = e.episode_id
LEFT JOIN scores AS s ON s.member_id = e.member_id AND s.delivery_date = e.delivery_date
LEFT JOIN episode_scores AS f ON f.episode_id = e.episode_id
