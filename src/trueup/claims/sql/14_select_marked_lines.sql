-- Keeps the lines that final action has to look at, of all members, known by the as-of date: of claims adjusted, or sent more than once.
-- reads: marked_lines, run_params
-- writes: visible_marked_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT l.*
FROM marked_lines AS l
CROSS JOIN run_params AS p
WHERE l.known_date IS NULL OR l.known_date <= p.as_of
