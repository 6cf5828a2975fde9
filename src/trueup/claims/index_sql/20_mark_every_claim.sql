-- Leaves every claim undecided: without an index of the batches, final action decides all of them.
-- reads: marked_lines
-- writes: marked_claims
-- grain: one claim id
-- key: claim_id
SELECT DISTINCT claim_id, DATE '9999-12-31' AS decided_from FROM marked_lines
