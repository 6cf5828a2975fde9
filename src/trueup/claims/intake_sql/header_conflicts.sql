-- Versions whose lines disagree on what a version can have only one of. Reads: checked_claims, row_problems, odd_versions. Grain: one version.
SELECT version_id, min(claim_id) AS claim_id
FROM (
    SELECT version_id, claim_id, hash(member_id, claim_type, coalesce(replaces_claim_id, '')) AS header
    FROM checked_claims
    ANTI JOIN row_problems USING (file_no, source_row)
    WHERE hash(claim_id, version_seq, record_type) IN (SELECT version_key FROM odd_versions WHERE may_disagree)
)
GROUP BY version_id HAVING min(header) <> max(header)
