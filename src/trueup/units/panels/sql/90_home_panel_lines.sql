-- Says for the accounting of lines where each line of a panel month has its place.
-- reads: panel_lines
-- writes: line_homes
-- grain: one final line of a member in a covered month
-- key: version_id, claim_line_number
SELECT version_id, claim_line_number, reason IS NULL AS is_used, COALESCE(reason, 'in_panel') AS reason FROM panel_lines
