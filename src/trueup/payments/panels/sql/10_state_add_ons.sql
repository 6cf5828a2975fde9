-- States the monthly add-on of each contract that has one: members of the month times its dollars, whatever their risk.
-- reads: panel_months, rule_terms, run_params
-- writes: panel_add_ons
-- grain: one month of one contract
-- key: contract_id, month
WITH members AS (
  SELECT entity_id, payer, contract_id, terms_id, month_number, month, COUNT(*) AS members
  FROM panel_months
  WHERE contract_id <> '' AND entity_id IS NOT NULL
  GROUP BY entity_id, payer, contract_id, terms_id, month_number, month
)
SELECT m.entity_id, m.payer, m.contract_id, m.terms_id, m.month_number, m.month, m.members, t.add_on_cents,
  CAST(m.members * t.add_on_cents AS BIGINT) AS amount_cents
FROM members AS m
CROSS JOIN run_params AS p
JOIN rule_terms AS t ON t.terms_id = m.terms_id
WHERE t.add_on_cents IS NOT NULL AND m.month_number <= p.through_month_number
