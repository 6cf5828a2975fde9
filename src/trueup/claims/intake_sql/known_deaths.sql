-- The first date of death each member's rows of this load give. Reads: checked_eligibility. Grain: one member.
SELECT member_id, min(death_date) AS death_date
FROM checked_eligibility
WHERE problem IS NULL AND death_date IS NOT NULL AND record_type <> 'void'
AND coalesce(row_id, '') NOT IN (SELECT replaces_row_id FROM checked_eligibility WHERE replaces_row_id IS NOT NULL AND problem IS NULL)
GROUP BY member_id
