-- Counts nothing: no member is left out.
-- reads: claim_lines
-- writes: other_line_counts
-- grain: one status and known day of one table and batch
-- key: batch_id, source_table, claim_status, known_date
SELECT batch_id, source_table, claim_status, known_date, COUNT(*) AS lines, CAST(SUM(paid_cents) AS BIGINT) AS paid_cents
FROM claim_lines
WHERE FALSE
GROUP BY batch_id, source_table, claim_status, known_date
