-- Lists what became of each line of the members of stays: used where its claim is part of a psychiatric stay.
-- reads: stay_lines, hospital_claims, described_stays
-- writes: line_homes
-- grain: one final claim line of a claim that builds a psychiatric stay
-- key: version_id, claim_line_number
SELECT l.version_id, l.claim_line_number, 'in_stay' AS reason, TRUE AS is_used
FROM stay_lines AS l
SEMI JOIN hospital_claims AS h ON h.version_id = l.version_id AND h.stay_kind = 'psychiatric'
SEMI JOIN described_stays AS s ON s.member_id = l.member_id
