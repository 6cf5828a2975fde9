-- Versions whose lines disagree on what a version can have only one of. Reads: checked_claims. Grain: one version.
SELECT version_id
FROM (
    SELECT version_id, hash(member_id, claim_type, coalesce(replaces_claim_id, '')) AS header FROM checked_claims WHERE problem IS NULL
)
GROUP BY version_id HAVING min(header) <> max(header)
