-- Lists where the candidates' claims are stored, so that nothing is read of a group that holds none of them.
-- reads: claim_lines, candidate_members
-- writes: candidate_groups
-- grain: one care group of one member
-- key: care_group, member_id
SELECT DISTINCT l.care_group, l.member_id
FROM claim_lines AS l
SEMI JOIN candidate_members AS m ON m.member_id = l.member_id
