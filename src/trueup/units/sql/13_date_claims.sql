-- Dates each claim, by which the meanings of its codes hold, and gives its DRG.
-- reads: member_lines
-- writes: claim_dates
-- grain: one final claim version of a candidate member
-- key: version_id
SELECT version_id, MIN(COALESCE(claim_start_date, line_start_date)) AS claim_start_date, MIN(drg_code) AS drg_code, COALESCE(MIN(drg_code_type), 'ms-drg') AS drg_code_type
FROM member_lines
GROUP BY version_id
