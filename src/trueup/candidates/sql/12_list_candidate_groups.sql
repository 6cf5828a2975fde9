-- Lists where the candidates' claims are stored, so that nothing is read of a group that holds none of them.
-- reads: claim_lines, candidate_members
-- writes: candidate_groups
-- grain: one care group of one batch and member
-- key: batch_id, care_group, member_id
WITH placed AS (
  SELECT DISTINCT l.batch_id, l.care_group, l.member_id
  FROM claim_lines AS l
  SEMI JOIN candidate_members AS m ON m.member_id = l.member_id
)
-- A few members are looked up by their ids, which skips nearly all row groups; for more of them a group is read as a whole.
SELECT batch_id, care_group, member_id, CASE WHEN COUNT(*) OVER (PARTITION BY batch_id, care_group) <= 500 THEN 1 ELSE 0 END AS is_looked_up
FROM placed
