-- Finds line numbers of a claim version that were sent more than once, and whether the copies agree.
-- reads: undecided_lines
-- writes: line_copies
-- grain: one line number of one claim version with two or more copies
-- key: version_id, claim_line_number
SELECT version_id, claim_line_number, COUNT(*) AS copies, COUNT(DISTINCT row_hash) AS contents
FROM undecided_lines
GROUP BY version_id, claim_line_number
HAVING COUNT(*) > 1
