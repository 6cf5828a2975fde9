-- States the monthly add-on of each contract that has one and is proven: members of the month times its dollars, whatever their risk.
-- reads: panel_months, known_contracts, rule_terms, run_params
-- writes: panel_add_ons
-- grain: one month of one contract
-- key: contract_id, month
WITH proven AS (
  SELECT c.contract_id
  FROM known_contracts AS c
  JOIN run_params AS p ON p.program = c.program
  WHERE c.decided_by <> '' AND c.decided_on IS NOT NULL AND c.evidence <> '' AND c.panel_size IS NOT NULL
),
members AS (
  SELECT m.entity_id, m.payer, m.contract_id, m.terms_id, m.month_number, m.month, COUNT(*) AS members
  FROM panel_months AS m
  SEMI JOIN proven AS c ON c.contract_id = m.contract_id
  WHERE m.contract_id <> '' AND m.entity_id IS NOT NULL
  GROUP BY m.entity_id, m.payer, m.contract_id, m.terms_id, m.month_number, m.month
)
SELECT m.entity_id, m.payer, m.contract_id, m.terms_id, m.month_number, m.month, m.members, t.add_on_cents,
  CAST(m.members * t.add_on_cents AS BIGINT) AS amount_cents
FROM members AS m
CROSS JOIN run_params AS p
JOIN rule_terms AS t ON t.terms_id = m.terms_id
WHERE t.add_on_cents IS NOT NULL AND m.month_number <= p.through_month_number
