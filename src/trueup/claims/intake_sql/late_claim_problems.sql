-- Problems of claim lines that only other rows show. Reads: checked_claims, known_deaths. Grain: one line and problem.
WITH entry AS (
    -- Nearest rank from above: below 10,000 lines of a code its p99.99 is the largest amount, so no line can exceed ten times it.
    SELECT hcpcs_code, count(*) AS lines, max(paid_cents, 1000) AS largest
    FROM checked_claims WHERE problem IS NULL AND hcpcs_code IS NOT NULL AND paid_cents > 0
    GROUP BY hcpcs_code HAVING count(*) >= 10000
),
doubled_versions AS (
    SELECT version_id
    FROM checked_claims WHERE problem IS NULL AND source_table = 'medical_claim'
    GROUP BY version_id
    HAVING count_if(claim_line_number = 0) = 1 AND count(*) > 2
    AND sum(CASE WHEN claim_line_number = 0 THEN paid_cents ELSE -paid_cents END) = 0 AND max(paid_cents) > 0
)
SELECT file_no, source_row, 'amt.outlier_entry|paid_amount' AS problem, 2 AS rank
FROM checked_claims JOIN entry USING (hcpcs_code)
WHERE problem IS NULL AND paid_cents > 10 * largest[least(lines // 10000 + 1, 1000)]
UNION ALL
SELECT file_no, source_row, 'amt.double_level|claim_line_number', 1
FROM checked_claims JOIN doubled_versions USING (version_id)
WHERE problem IS NULL
UNION ALL
SELECT file_no, source_row, 'date.after_death|claim_line_start_date', 3
FROM checked_claims JOIN known_deaths USING (member_id)
WHERE problem IS NULL AND line_start_date > death_date + 30
