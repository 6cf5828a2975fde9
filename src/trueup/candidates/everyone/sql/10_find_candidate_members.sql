-- Lists every member with a claim: where each member counts, there is nobody to leave out.
-- reads: claim_lines
-- writes: candidate_members
-- grain: one member
-- key: member_id
SELECT DISTINCT member_id FROM claim_lines
