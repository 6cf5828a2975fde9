-- Keeps the rows quarantined at intake that were known by the as-of date.
-- reads: quarantined_rows, run_params
-- writes: visible_quarantine
-- grain: one input row that could not be trusted
-- key: batch_id, table_name, source_file, source_row
SELECT q.*
FROM quarantined_rows AS q
CROSS JOIN run_params AS p
WHERE q.known_date IS NULL OR q.known_date <= p.as_of
