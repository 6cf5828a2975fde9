-- Counts the claim lines: without an index of the batches, anew in each run.
-- reads: claim_lines
-- writes: line_counts
-- grain: one status and known day of one table and batch
-- key: batch_id, source_table, claim_status, known_date
SELECT batch_id, source_table, claim_status, known_date, COUNT(*) AS lines, COALESCE(CAST(SUM(paid_cents) AS BIGINT), 0) AS paid_cents
FROM claim_lines
GROUP BY batch_id, source_table, claim_status, known_date
