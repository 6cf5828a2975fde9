-- Lists every row that could not be trusted, at intake or in final action.
-- reads: visible_quarantine, set_aside_lines
-- writes: quarantine
-- grain: one input row
-- key: table_name, source_file, source_row
SELECT source_file, source_row, table_name, reason_code, amount_cents, raw_amount FROM visible_quarantine
UNION ALL
SELECT source_file, source_row, source_table AS table_name, reason AS reason_code, paid_cents AS amount_cents, CAST(NULL AS VARCHAR) AS raw_amount
FROM set_aside_lines
WHERE disposition = 'quarantined'
