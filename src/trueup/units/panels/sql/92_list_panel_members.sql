-- Lists the members who are covered in a period, for the accounting of lines.
-- reads: panel_members
-- writes: unit_members
-- grain: one member
-- key: member_id
SELECT DISTINCT member_id FROM panel_members
