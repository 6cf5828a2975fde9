-- Holds the claims that an untrusted void or replacement is about, and what already replaced them.
-- reads: adjusted_versions, line_copies, cyclic_claims, replacement_verdicts, visible_quarantine
-- writes: held_claims
-- grain: one claim id whose dollars cannot be trusted for now
-- key: claim_id
WITH untrusted AS (
  SELECT v.claim_id, v.replaces_claim_id
  FROM adjusted_versions AS v
  SEMI JOIN (SELECT DISTINCT version_id FROM line_copies WHERE contents > 1) AS conflicts ON conflicts.version_id = v.version_id
  WHERE v.record_type IN ('void', 'replacement')
  UNION
  SELECT v.claim_id, v.replaces_claim_id
  FROM adjusted_versions AS v
  SEMI JOIN cyclic_claims AS c ON c.claim_id = v.claim_id
  UNION
  SELECT v.claim_id, v.replaces_claim_id
  FROM adjusted_versions AS v
  JOIN replacement_verdicts AS r ON r.version_id = v.version_id
  WHERE r.verdict = 'adj.fork'
  UNION
  SELECT q.claim_id, q.replaces_claim_id
  FROM visible_quarantine AS q
  WHERE q.record_type IN ('void', 'replacement')
),
targets AS (
  SELECT DISTINCT COALESCE(replaces_claim_id, claim_id) AS claim_id FROM untrusted WHERE COALESCE(replaces_claim_id, claim_id) IS NOT NULL
)
SELECT claim_id FROM targets
UNION
SELECT v.claim_id FROM adjusted_versions AS v SEMI JOIN targets AS t ON t.claim_id = v.replaces_claim_id
