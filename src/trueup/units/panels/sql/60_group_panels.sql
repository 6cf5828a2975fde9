-- Sums each group's panel by payer and contract; months without a contract have the contract ''.
-- reads: panel_costs, panel_held
-- writes: panel_groups
-- grain: one group, payer and contract in one period
-- key: entity_id, payer, period, contract_id
WITH sums AS (
  SELECT entity_id, payer, period, contract_id, MIN(terms_id) AS terms_id, COUNT(*) AS members,
    CAST(SUM(member_months) AS BIGINT) AS member_months, CAST(SUM(risk_micros) AS BIGINT) AS risk_micros,
    CAST(SUM(has_default_score) AS BIGINT) AS default_score_members, CAST(SUM(cost_cents) AS BIGINT) AS cost_cents,
    CAST(SUM(truncated_cost_cents) AS BIGINT) AS truncated_cost_cents, CAST(SUM(is_truncated) AS BIGINT) AS truncated_members,
    CAST(SUM(primary_care_cents) AS BIGINT) AS primary_care_cents
  FROM panel_costs
  GROUP BY entity_id, payer, period, contract_id
)
SELECT s.entity_id, s.payer, s.period, s.contract_id, s.terms_id, s.members, s.member_months, s.risk_micros, s.default_score_members,
  s.cost_cents, s.truncated_cost_cents, s.truncated_members, s.primary_care_cents, COALESCE(h.held_cents, 0) AS held_cents
FROM sums AS s
LEFT JOIN panel_held AS h ON h.entity_id = s.entity_id AND h.payer = s.payer AND h.period = s.period AND h.contract_id = s.contract_id
