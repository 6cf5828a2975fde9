-- Keeps the paid lines of the claim versions that count.
-- reads: visible_lines, version_dispositions, dropped_copies
-- writes: final_lines
-- grain: one line of one final claim version
-- key: version_id, claim_line_number
SELECT l.*
FROM visible_lines AS l
ANTI JOIN version_dispositions AS v ON v.version_id = l.version_id
ANTI JOIN dropped_copies AS d
  ON d.batch_id = l.batch_id AND d.source_table = l.source_table AND d.source_file = l.source_file AND d.source_row = l.source_row
WHERE l.claim_status = 'paid'
