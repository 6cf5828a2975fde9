-- Decides which replacements stand. Two unvoided replacements of one claim with the same sequence are a fork.
-- reads: adjusted_versions, version_actions, void_verdicts, line_copies, cyclic_claims
-- writes: replacement_verdicts
-- grain: one replacement, or one later version of a claim sent as an original
-- key: version_id
WITH replacements AS (
  SELECT v.version_id, v.claim_id, v.version_seq, v.record_type, v.replaces_claim_id
  FROM adjusted_versions AS v
  ANTI JOIN (SELECT DISTINCT version_id FROM line_copies WHERE contents > 1) AS conflicts ON conflicts.version_id = v.version_id
  ANTI JOIN cyclic_claims AS c ON c.claim_id = v.claim_id
  WHERE v.record_type = 'replacement' OR (v.record_type = 'original' AND v.version_seq > 1)
),
voided AS (
  SELECT DISTINCT a.target_version_id AS version_id
  FROM version_actions AS a
  JOIN void_verdicts AS v ON v.version_id = a.actor_version_id
  WHERE v.verdict = 'stands'
),
unvoided AS (
  SELECT r.* FROM replacements AS r ANTI JOIN voided AS v ON v.version_id = r.version_id WHERE r.replaces_claim_id IS NOT NULL
),
latest AS (
  SELECT replaces_claim_id, MAX(version_seq) AS version_seq FROM unvoided GROUP BY replaces_claim_id
),
forked AS (
  SELECT u.replaces_claim_id, u.version_seq
  FROM unvoided AS u
  JOIN latest AS m ON m.replaces_claim_id = u.replaces_claim_id AND m.version_seq = u.version_seq
  GROUP BY u.replaces_claim_id, u.version_seq
  HAVING COUNT(DISTINCT u.claim_id) > 1
),
targets AS (SELECT actor_version_id, COUNT(*) AS target_count FROM version_actions GROUP BY actor_version_id)
SELECT r.version_id,
  CASE
    WHEN u.version_id IS NOT NULL AND f.version_seq IS NOT NULL THEN 'adj.fork'
    WHEN t.target_count IS NULL AND r.record_type = 'replacement' THEN 'adj.orphan_replacement'
    ELSE 'stands'
  END AS verdict
FROM replacements AS r
LEFT JOIN unvoided AS u ON u.version_id = r.version_id
LEFT JOIN forked AS f ON f.replaces_claim_id = r.replaces_claim_id AND f.version_seq = r.version_seq
LEFT JOIN targets AS t ON t.actor_version_id = r.version_id
