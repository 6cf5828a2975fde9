-- Takes the contracts of every program known by the as-of date, the latest row of each: overlaps across tracks must be seen.
-- reads: contracts, run_params
-- writes: known_contracts
-- grain: one contract of one practice from one day on
-- key: program, contract_id, entity_id, effective_from
WITH ranked AS (
  SELECT c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.program, c.contract_id, c.entity_id, c.effective_from ORDER BY c.known_date DESC NULLS LAST, c.source_file, c.source_row
    ) AS row_rank
  FROM contracts AS c
  CROSS JOIN run_params AS p
  WHERE c.known_date IS NULL OR c.known_date <= p.as_of
)
SELECT program, contract_id, payer, entity_id, terms_id, track, effective_from, effective_to, decided_by, decided_on, evidence, panel_size
FROM ranked
WHERE row_rank = 1
