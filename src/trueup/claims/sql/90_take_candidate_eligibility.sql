-- Takes the eligibility rows in force of candidates, for the many steps that ask about their members alone.
-- reads: final_eligibility, candidate_members
-- writes: candidate_eligibility
-- grain: one eligibility row in force of a candidate
-- key: batch_id, source_file, source_row
SELECT g.* FROM final_eligibility AS g SEMI JOIN candidate_members AS m ON m.member_id = g.member_id
