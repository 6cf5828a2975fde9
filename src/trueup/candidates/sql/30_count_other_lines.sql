-- Counts the claim lines of everybody else, so that each line read has a place without being looked at one by one.
-- reads: claim_lines, candidate_members
-- writes: other_line_counts
-- grain: one status and known day of one table and batch
-- key: batch_id, source_table, claim_status, known_date
SELECT l.batch_id, l.source_table, l.claim_status, l.known_date, COUNT(*) AS lines, CAST(SUM(l.paid_cents) AS BIGINT) AS paid_cents
FROM claim_lines AS l
ANTI JOIN candidate_members AS m ON m.member_id = l.member_id
GROUP BY l.batch_id, l.source_table, l.claim_status, l.known_date
