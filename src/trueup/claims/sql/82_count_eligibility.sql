-- Counts the eligibility rows in force: where there is none at all, nothing is known of coverage.
-- reads: final_eligibility
-- writes: eligibility_count
-- grain: one row
-- key: rows_known
SELECT COUNT(*) AS rows_known FROM final_eligibility
