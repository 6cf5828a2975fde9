-- Keeps, of the program's contract rows known by the as-of date, the latest of each contract, practice and first day.
-- reads: contracts, run_params
-- writes: visible_contracts
-- grain: one practice under one contract for a span of time
-- key: contract_id, entity_id, effective_from
WITH ranked AS (
  SELECT c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.contract_id, c.entity_id, c.effective_from ORDER BY c.known_date DESC NULLS LAST, c.source_file, c.source_row
    ) AS row_number
  FROM contracts AS c
  JOIN run_params AS p ON p.program = c.program
  WHERE c.known_date IS NULL OR c.known_date <= p.as_of
)
SELECT contract_id, payer, entity_id, terms_id, track, effective_from, effective_to, decided_on, decided_by, evidence, panel_size
FROM ranked WHERE row_number = 1
