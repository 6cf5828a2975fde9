-- Pairs each void, replacement or later version with the versions it acts on.
-- reads: adjusted_versions, line_copies, cyclic_claims
-- writes: version_actions
-- grain: one acting version and one version it acts on
-- key: actor_version_id, target_version_id
WITH trusted AS (
  SELECT v.*
  FROM adjusted_versions AS v
  ANTI JOIN (SELECT DISTINCT version_id FROM line_copies WHERE contents > 1) AS conflicts ON conflicts.version_id = v.version_id
  ANTI JOIN cyclic_claims AS c ON c.claim_id = v.claim_id
)
SELECT a.version_id AS actor_version_id, t.version_id AS target_version_id
FROM trusted AS a
JOIN adjusted_versions AS t ON t.claim_id = a.replaces_claim_id
WHERE a.record_type <> 'original' AND t.record_type <> 'void'
UNION
SELECT a.version_id AS actor_version_id, t.version_id AS target_version_id
FROM trusted AS a
JOIN adjusted_versions AS t ON t.claim_id = a.claim_id
WHERE t.version_rank < a.version_rank AND t.record_type <> 'void' AND (a.record_type <> 'original' OR t.version_seq < a.version_seq)
UNION
SELECT a.version_id AS actor_version_id, t.version_id AS target_version_id
FROM trusted AS a
JOIN adjusted_versions AS t ON t.replaces_claim_id = a.replaces_claim_id
WHERE a.record_type = 'replacement' AND t.record_type = 'replacement' AND t.version_seq < a.version_seq
