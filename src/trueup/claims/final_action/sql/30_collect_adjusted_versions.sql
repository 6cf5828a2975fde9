-- Collects every version of every claim that an adjustment touches.
-- reads: undecided_lines
-- writes: adjusted_versions
-- grain: one version of a claim that was adjusted, or that adjusts
-- key: version_id
WITH adjustments AS (
  SELECT DISTINCT claim_id, replaces_claim_id
  FROM undecided_lines
  WHERE record_type IN ('void', 'replacement') OR version_seq > 1
),
touched AS (
  SELECT claim_id FROM adjustments
  UNION
  SELECT replaces_claim_id AS claim_id FROM adjustments WHERE replaces_claim_id IS NOT NULL
)
SELECT
  l.version_id,
  MIN(l.claim_id) AS claim_id,
  MIN(l.version_seq) AS version_seq,
  MIN(l.record_type) AS record_type,
  NULLIF(MIN(l.replaces_claim_id), MIN(l.claim_id)) AS replaces_claim_id,
  MIN(l.version_seq) * 3 + CASE MIN(l.record_type) WHEN 'original' THEN 0 WHEN 'replacement' THEN 1 ELSE 2 END AS version_rank,
  MIN(l.known_date) AS known_date
FROM undecided_lines AS l
SEMI JOIN touched AS t ON t.claim_id = l.claim_id
WHERE l.record_type IN ('original', 'void', 'replacement')
GROUP BY l.version_id
