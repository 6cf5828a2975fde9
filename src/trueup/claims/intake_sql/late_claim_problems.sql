-- Problems of claim lines that only other rows show. Reads: checked_claims, row_problems, known_deaths. Grain: one line and problem.
WITH sound AS NOT MATERIALIZED (SELECT * FROM checked_claims ANTI JOIN row_problems USING (file_no, source_row)),
entry AS (
    -- Nearest rank from above: below 10,000 lines of a code its p99.99 is the largest amount, so no line can exceed ten times it.
    SELECT hcpcs_code, 10 * largest[least(lines // 10000 + 1, 1000)] AS most
    FROM (
        SELECT hcpcs_code, count(*) AS lines, max(paid_cents, 1000) AS largest
        FROM sound WHERE hcpcs_code IS NOT NULL AND paid_cents > 0
        GROUP BY hcpcs_code HAVING count(*) >= 10000
    )
    WHERE largest[1] > most
),
doubled_versions AS (
    SELECT version_id
    FROM sound
    WHERE source_table = 'medical_claim' AND claim_id IN (SELECT claim_id FROM sound WHERE claim_line_number = 0)
    GROUP BY version_id
    HAVING count_if(claim_line_number = 0) = 1 AND count(*) > 2
    AND sum(CASE WHEN claim_line_number = 0 THEN paid_cents ELSE -paid_cents END) = 0 AND max(paid_cents) > 0
)
SELECT file_no, source_row, 'amt.outlier_entry|paid_amount' AS problem, 2 AS rank
FROM sound JOIN entry USING (hcpcs_code)
WHERE paid_cents > most
UNION ALL
SELECT file_no, source_row, 'amt.double_level|claim_line_number', 1
FROM sound
WHERE version_id IN (SELECT version_id FROM doubled_versions) AND claim_id IN (SELECT claim_id FROM sound WHERE claim_line_number = 0)
UNION ALL
SELECT file_no, source_row, 'date.after_death|claim_line_start_date', 3
FROM sound JOIN known_deaths USING (member_id)
WHERE line_start_date > death_date + 30
