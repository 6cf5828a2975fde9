-- Gives each claim version that does not count its one reason; the lowest priority number decides.
-- reads: undecided_lines, line_copies, adjusted_versions, cyclic_claims, void_verdicts, replacement_verdicts, version_actions, held_claims
-- writes: version_verdicts
-- grain: one claim version that does not count
-- key: version_id
WITH reasons AS (
  SELECT DISTINCT version_id, 1 AS priority, 'quarantined' AS disposition, 'dup.conflict' AS reason FROM line_copies WHERE contents > 1
  UNION ALL
  SELECT DISTINCT version_id, 2 AS priority, 'quarantined' AS disposition, 'non_claim' AS reason
  FROM undecided_lines WHERE record_type IN ('credit', 'debit')
  UNION ALL
  SELECT v.version_id, 3 AS priority, 'quarantined' AS disposition, 'adj.cycle' AS reason
  FROM adjusted_versions AS v SEMI JOIN cyclic_claims AS c ON c.claim_id = v.claim_id
  UNION ALL
  SELECT version_id, 4 AS priority, 'quarantined' AS disposition, verdict AS reason FROM void_verdicts WHERE verdict <> 'stands'
  UNION ALL
  SELECT version_id, 5 AS priority, 'quarantined' AS disposition, verdict AS reason FROM replacement_verdicts WHERE verdict = 'adj.fork'
  UNION ALL
  SELECT DISTINCT l.version_id, 6 AS priority, 'quarantined' AS disposition, 'family.held' AS reason
  FROM undecided_lines AS l SEMI JOIN held_claims AS h ON h.claim_id = l.claim_id
  UNION ALL
  SELECT version_id, 7 AS priority, 'superseded' AS disposition, 'adj.void' AS reason FROM void_verdicts WHERE verdict = 'stands'
  UNION ALL
  SELECT a.target_version_id AS version_id, 8 AS priority, 'superseded' AS disposition, 'adj.voided' AS reason
  FROM version_actions AS a JOIN void_verdicts AS v ON v.version_id = a.actor_version_id WHERE v.verdict = 'stands'
  UNION ALL
  SELECT a.target_version_id AS version_id, 9 AS priority, 'superseded' AS disposition, 'adj.replaced' AS reason
  FROM version_actions AS a JOIN replacement_verdicts AS r ON r.version_id = a.actor_version_id WHERE r.verdict = 'stands'
),
ranked AS (
  SELECT version_id, disposition, reason, ROW_NUMBER() OVER (PARTITION BY version_id ORDER BY priority, reason) AS reason_number FROM reasons
)
SELECT version_id, disposition, reason FROM ranked WHERE reason_number = 1
