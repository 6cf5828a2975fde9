-- Finds case rates of one entity that begin on one day and differ: which one counts is for the price sets to say.
-- reads: prices
-- writes: doubled_case_rates
-- grain: one entity and first day
-- key: entity_id, effective_from
SELECT entity_id, effective_from, COUNT(DISTINCT amount_cents) AS amounts
FROM prices
WHERE price = 'case_rate' AND status = 'final'
GROUP BY entity_id, effective_from
HAVING COUNT(DISTINCT amount_cents) > 1
