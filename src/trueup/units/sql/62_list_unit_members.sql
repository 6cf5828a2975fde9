-- Lists the members who have a unit.
-- reads: episode_units
-- writes: unit_members
-- grain: one member
-- key: member_id
SELECT DISTINCT member_id FROM episode_units
