-- Sums months, risk and cost of each member under one payer and contract in a period.
-- reads: panel_months, panel_lines
-- writes: panel_member_sums
-- grain: one member, payer and contract of one period
-- key: period, member_id, payer, contract_id
WITH months AS (
  SELECT period, member_id, payer, entity_id, contract_id, MIN(terms_id) AS terms_id, MIN(month_number) AS first_month_number,
    COUNT(*) AS member_months,
    CAST(SUM(risk_micros) AS BIGINT) AS risk_micros, MAX(has_default_score) AS has_default_score
  FROM panel_months
  WHERE entity_id IS NOT NULL
  GROUP BY period, member_id, payer, entity_id, contract_id
),
costs AS (
  SELECT period, member_id, payer, contract_id, CAST(SUM(cost_cents) AS BIGINT) AS cost_cents,
    CAST(SUM(CASE WHEN is_primary_care = 1 THEN cost_cents ELSE 0 END) AS BIGINT) AS primary_care_cents, COUNT(*) AS claim_line_count
  FROM panel_lines
  WHERE reason IS NULL
  GROUP BY period, member_id, payer, contract_id
)
SELECT m.period, m.member_id, m.payer, m.entity_id, m.contract_id, m.terms_id, m.first_month_number, m.member_months, m.risk_micros, m.has_default_score,
  COALESCE(c.cost_cents, 0) AS cost_cents, COALESCE(c.primary_care_cents, 0) AS primary_care_cents, COALESCE(c.claim_line_count, 0) AS claim_line_count
FROM months AS m
LEFT JOIN costs AS c ON c.period = m.period AND c.member_id = m.member_id AND c.payer = m.payer AND c.contract_id = m.contract_id
