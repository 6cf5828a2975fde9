-- Takes the marked lines of the claims that the index has not decided as of the date.
-- reads: visible_marked_lines, marked_claims, run_params
-- writes: undecided_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT l.*
FROM visible_marked_lines AS l
SEMI JOIN (SELECT c.claim_id FROM marked_claims AS c CROSS JOIN run_params AS p WHERE c.decided_from > p.as_of) AS u ON u.claim_id = l.claim_id
