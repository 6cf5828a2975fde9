-- Takes the candidates' claim versions that do not count, each with its one reason.
-- reads: set_aside_lines, candidate_members
-- writes: version_dispositions
-- grain: one claim version that does not count
-- key: version_id
SELECT DISTINCT s.version_id, s.disposition, s.reason
FROM set_aside_lines AS s
SEMI JOIN candidate_members AS m ON m.member_id = s.member_id
WHERE s.reason <> 'dup.row'
