-- Gathers the lines that do not count, of all members: as the index decided, or as decided now.
-- reads: indexed_set_aside_lines, marked_claims, undecided_lines, version_verdicts, surplus_copies, run_params
-- writes: set_aside_lines
-- grain: one line of one claim version that does not count
-- key: batch_id, source_table, source_file, source_row
WITH undecided AS (SELECT c.claim_id FROM marked_claims AS c CROSS JOIN run_params AS p WHERE c.decided_from > p.as_of)
SELECT d.batch_id, d.source_table, d.source_file, d.source_row, d.version_id, d.claim_id, d.member_id, d.claim_status, d.paid_cents, d.disposition, d.reason,
  d.is_surplus
FROM indexed_set_aside_lines AS d
ANTI JOIN undecided AS u ON u.claim_id = d.claim_id
UNION ALL
SELECT l.batch_id, l.source_table, l.source_file, l.source_row, l.version_id, l.claim_id, l.member_id, l.claim_status, l.paid_cents,
  COALESCE(v.disposition, 'quarantined') AS disposition,
  CASE WHEN v.version_id IS NOT NULL THEN v.reason ELSE 'dup.row' END AS reason,
  c.source_row IS NOT NULL AS is_surplus
FROM undecided_lines AS l
LEFT JOIN version_verdicts AS v ON v.version_id = l.version_id
LEFT JOIN surplus_copies AS c
  ON c.batch_id = l.batch_id AND c.source_table = l.source_table AND c.source_file = l.source_file AND c.source_row = l.source_row
WHERE v.version_id IS NOT NULL OR c.source_row IS NOT NULL
