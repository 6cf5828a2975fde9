-- Lists the members with a psychiatric stay.
-- reads: described_stays
-- writes: unit_members
-- grain: one member
-- key: member_id
SELECT DISTINCT member_id FROM described_stays WHERE stay_kind = 'psychiatric'
