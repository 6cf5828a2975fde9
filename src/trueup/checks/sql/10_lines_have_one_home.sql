-- I-02: a line that was decided twice.
-- reads: decided_lines
-- writes: check_lines_have_one_home
-- grain: one line decided more than once
-- key: version_id, claim_line_number
SELECT version_id, claim_line_number, COUNT(*) AS homes FROM decided_lines GROUP BY version_id, claim_line_number HAVING COUNT(*) > 1
