-- Places each contract of the program in the months on whose first day it is in force.
-- reads: known_contracts, panel_calendar, run_params
-- writes: contract_months
-- grain: one month of one entity and payer under contract
-- key: entity_id, payer, month_number
WITH placed AS (
  SELECT c.entity_id, c.payer, k.month_number, k.month, k.period, c.contract_id, c.terms_id,
    ROW_NUMBER() OVER (PARTITION BY c.entity_id, c.payer, k.month_number ORDER BY c.effective_from DESC, c.contract_id) AS contract_number
  FROM known_contracts AS c
  JOIN run_params AS p ON p.program = c.program
  JOIN panel_calendar AS k ON k.first_day >= c.effective_from AND k.first_day < COALESCE(c.effective_to, CAST('9999-12-31' AS DATE))
)
SELECT entity_id, payer, month_number, month, period, contract_id, terms_id FROM placed WHERE contract_number = 1
