-- Decides which voids stand: one with a target, and the first one of it.
-- reads: adjusted_versions, version_actions, line_copies, cyclic_claims
-- writes: void_verdicts
-- grain: one void
-- key: version_id
WITH voids AS (
  SELECT v.version_id, v.known_date
  FROM adjusted_versions AS v
  ANTI JOIN (SELECT DISTINCT version_id FROM line_copies WHERE contents > 1) AS conflicts ON conflicts.version_id = v.version_id
  ANTI JOIN cyclic_claims AS c ON c.claim_id = v.claim_id
  WHERE v.record_type = 'void'
),
-- A void is about the latest version it reaches; an earlier void of the same version came first.
latest_target AS (
  SELECT actor_version_id, target_version_id
  FROM (
    SELECT a.actor_version_id, a.target_version_id,
      ROW_NUMBER() OVER (PARTITION BY a.actor_version_id ORDER BY t.version_rank DESC, t.version_id) AS target_number
    FROM version_actions AS a
    JOIN adjusted_versions AS t ON t.version_id = a.target_version_id
  ) AS numbered
  WHERE target_number = 1
),
numbered_voids AS (
  SELECT v.version_id, t.target_version_id,
    ROW_NUMBER() OVER (PARTITION BY t.target_version_id ORDER BY v.known_date NULLS FIRST, v.version_id) AS void_number
  FROM voids AS v
  LEFT JOIN latest_target AS t ON t.actor_version_id = v.version_id
)
SELECT version_id,
  CASE WHEN target_version_id IS NULL THEN 'pending_original' WHEN void_number > 1 THEN 'adj.double_void' ELSE 'stands' END AS verdict
FROM numbered_voids
