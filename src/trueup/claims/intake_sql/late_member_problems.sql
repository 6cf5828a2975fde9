-- Eligibility rows whose member id belongs to two people: two birth dates among rows that nothing in this load voids or replaces.
-- Reads: checked_eligibility. Grain: one row.
WITH standing AS (
    SELECT * FROM checked_eligibility
    WHERE problem IS NULL AND record_type <> 'void'
    AND coalesce(row_id, '') NOT IN (SELECT replaces_row_id FROM checked_eligibility WHERE replaces_row_id IS NOT NULL AND problem IS NULL)
)
SELECT file_no, source_row, 'id.member_conflict|birth_date' AS problem
FROM standing
WHERE member_id IN (SELECT member_id FROM standing GROUP BY member_id HAVING min(birth_date) <> max(birth_date))
