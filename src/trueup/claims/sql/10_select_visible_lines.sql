-- Keeps the candidates' claim lines known by the as-of date.
-- reads: candidate_lines, run_params
-- writes: visible_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT l.*
FROM candidate_lines AS l
CROSS JOIN run_params AS p
WHERE l.known_date IS NULL OR l.known_date <= p.as_of
