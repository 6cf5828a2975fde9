-- Cuts each member's cost with a payer at the line of the period; under several contracts dollars beyond it fall off in order of months.
-- reads: panel_member_sums, truncation_lines, run_params
-- writes: panel_costs
-- grain: one member, payer and contract of one period
-- key: period, member_id, payer, contract_id
WITH running AS (
  SELECT s.*, t.amount_cents AS line_cents,
    CAST(
      SUM(s.cost_cents) OVER (
        PARTITION BY s.period, s.member_id, s.payer ORDER BY s.first_month_number, s.contract_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS BIGINT
    ) AS reached_cents
  FROM panel_member_sums AS s
  CROSS JOIN run_params AS p
  LEFT JOIN truncation_lines AS t ON t.period = s.period AND t.scope = CASE WHEN p.truncation_scope = 'payer' THEN s.payer ELSE 'all_payers' END
),
cut AS (
  SELECT r.*,
    CASE WHEN reached_cents > line_cents THEN line_cents ELSE reached_cents END
      - CASE WHEN reached_cents - cost_cents > line_cents THEN line_cents ELSE reached_cents - cost_cents END AS truncated_cost_cents
  FROM running AS r
)
SELECT member_id, period, payer, entity_id, contract_id, terms_id, member_months, risk_micros, has_default_score, claim_line_count, cost_cents,
  primary_care_cents, truncated_cost_cents, CASE WHEN truncated_cost_cents < cost_cents THEN 1 ELSE 0 END AS is_truncated
FROM cut
