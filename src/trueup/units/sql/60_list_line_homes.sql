-- Lists what became of each line near an episode: used where it has no reason.
-- reads: decided_lines
-- writes: line_homes
-- grain: one final line inside a nominal window
-- key: version_id, claim_line_number
SELECT version_id, claim_line_number, COALESCE(reason, 'in_episode') AS reason, reason IS NULL AS is_used FROM decided_lines
