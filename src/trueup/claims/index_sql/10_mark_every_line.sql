-- Marks every line: without an index of the batches, final action looks at all of them. Slower, never different.
-- reads: claim_lines
-- writes: marked_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT batch_id, source_file, source_row, source_table, version_id, claim_id, claim_line_number, version_seq, record_type, replaces_claim_id,
  claim_status, member_id, known_date, paid_cents, row_hash
FROM claim_lines
