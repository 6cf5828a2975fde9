-- Takes the candidates' surplus copies of lines, also of versions that do not count.
-- reads: set_aside_lines, candidate_members
-- writes: dropped_copies
-- grain: one surplus line
-- key: batch_id, source_table, source_file, source_row
SELECT s.batch_id, s.source_table, s.source_file, s.source_row
FROM set_aside_lines AS s
SEMI JOIN candidate_members AS m ON m.member_id = s.member_id
WHERE s.is_surplus
