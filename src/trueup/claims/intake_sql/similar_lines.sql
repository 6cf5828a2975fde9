-- Lines of a version that say the same under two numbers, accepted. Reads: written_lines, odd_versions. Grain: one file.
-- Lines are compared by hash, so that numbers are grouped and not texts: first among themselves, then only those that are not alone. Two
-- different lines would have to share their version's hash and their own.
WITH keyed AS (
    SELECT source_file, source_row, claim_line_number, version_key,
        hash(version_key, hcpcs_code, hcpcs_modifiers, line_start_date, service_unit_quantity) AS line_key
    FROM (SELECT *, hash(claim_id, version_seq, record_type) AS version_key FROM written_lines WHERE hcpcs_code IS NOT NULL)
    WHERE version_key IN (SELECT version_key FROM odd_versions WHERE may_have_similar_lines)
),
alike AS MATERIALIZED (SELECT line_key FROM keyed GROUP BY line_key HAVING min(claim_line_number) <> max(claim_line_number))
SELECT source_file, 'dup.similar_lines' AS code, 'claim_line_number' AS column_name, sum(n - 1) AS n, min(first_row) AS first_row
FROM (
    SELECT source_file, count(*) AS n, min(source_row) AS first_row
    FROM keyed
    WHERE line_key IN (SELECT line_key FROM alike)
    GROUP BY source_file, version_key, line_key
    HAVING min(claim_line_number) <> max(claim_line_number)
)
GROUP BY source_file
