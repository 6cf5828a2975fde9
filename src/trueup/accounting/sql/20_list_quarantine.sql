-- Lists every row that could not be trusted, at intake or in final action.
-- reads: visible_marked_lines, visible_quarantine, version_dispositions, dropped_copies
-- writes: quarantine
-- grain: one input row
-- key: table_name, source_file, source_row
SELECT source_file, source_row, table_name, reason_code, amount_cents, raw_amount FROM visible_quarantine
UNION ALL
SELECT l.source_file, l.source_row, l.source_table AS table_name, v.reason AS reason_code, l.paid_cents AS amount_cents, CAST(NULL AS VARCHAR) AS raw_amount
FROM visible_marked_lines AS l
JOIN version_dispositions AS v ON v.version_id = l.version_id
WHERE v.disposition = 'quarantined'
UNION ALL
SELECT l.source_file, l.source_row, l.source_table AS table_name, 'dup.row' AS reason_code, l.paid_cents AS amount_cents, CAST(NULL AS VARCHAR) AS raw_amount
FROM visible_marked_lines AS l
SEMI JOIN dropped_copies AS c
  ON c.batch_id = l.batch_id AND c.source_table = l.source_table AND c.source_file = l.source_file AND c.source_row = l.source_row
ANTI JOIN version_dispositions AS v ON v.version_id = l.version_id
