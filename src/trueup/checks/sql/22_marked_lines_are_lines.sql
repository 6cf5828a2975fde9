-- I-01: a claim version of a candidate whose marked lines are not its lines, or a line that final action would have to look at and is not marked.
-- reads: visible_lines, visible_marked_lines, candidate_members
-- writes: check_marked_lines_are_lines
-- grain: one claim version
-- key: version_id, problem
WITH marked_rows AS (
  SELECT l.version_id, l.paid_cents FROM visible_marked_lines AS l SEMI JOIN candidate_members AS m ON m.member_id = l.member_id
),
marked AS (SELECT DISTINCT version_id FROM marked_rows),
sides AS (
  SELECT version_id, 1 AS marked_lines, 0 AS found_lines, COALESCE(paid_cents, 0) AS marked_cents, 0 AS found_cents FROM marked_rows
  UNION ALL
  SELECT l.version_id, 0 AS marked_lines, 1 AS found_lines, 0 AS marked_cents, COALESCE(l.paid_cents, 0) AS found_cents
  FROM visible_lines AS l
  SEMI JOIN marked AS m ON m.version_id = l.version_id
),
unmarked AS (
  SELECT l.version_id, l.claim_line_number, l.record_type, l.version_seq FROM visible_lines AS l ANTI JOIN marked AS m ON m.version_id = l.version_id
)
SELECT version_id, 'marked lines are not the lines' AS problem
FROM sides
GROUP BY version_id
HAVING CAST(SUM(marked_lines) AS BIGINT) <> CAST(SUM(found_lines) AS BIGINT) OR CAST(SUM(marked_cents) AS BIGINT) <> CAST(SUM(found_cents) AS BIGINT)
UNION
SELECT version_id, 'an adjustment is not marked' AS problem FROM unmarked WHERE record_type <> 'original' OR version_seq > 1
UNION
SELECT version_id, 'a repeated line is not marked' AS problem FROM unmarked GROUP BY version_id, claim_line_number HAVING COUNT(*) > 1
