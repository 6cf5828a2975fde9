-- Keeps the claim lines known by the as-of date.
-- reads: claim_lines, run_params
-- writes: visible_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT l.*
FROM claim_lines AS l
CROSS JOIN run_params AS p
WHERE l.known_date IS NULL OR l.known_date <= p.as_of
