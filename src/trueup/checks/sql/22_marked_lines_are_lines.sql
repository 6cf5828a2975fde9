-- I-01: a claim version of a candidate whose marked lines are not its lines, or a line that final action would have to look at and is not marked.
-- reads: visible_lines, visible_marked_lines, candidate_members
-- writes: check_marked_lines_are_lines
-- grain: one claim version
-- key: version_id
WITH line_numbers AS (
  SELECT version_id, claim_line_number, COUNT(*) AS copies, CAST(SUM(COALESCE(paid_cents, 0)) AS BIGINT) AS cents,
    MAX(CASE WHEN record_type <> 'original' OR version_seq > 1 THEN 1 ELSE 0 END) AS is_adjusting
  FROM visible_lines
  GROUP BY version_id, claim_line_number
),
versions AS (
  SELECT version_id, CAST(SUM(copies) AS BIGINT) AS lines, CAST(SUM(cents) AS BIGINT) AS cents, MAX(copies) AS most_copies, MAX(is_adjusting) AS is_adjusting
  FROM line_numbers
  GROUP BY version_id
),
marked AS (
  SELECT l.version_id, COUNT(*) AS lines, CAST(SUM(COALESCE(l.paid_cents, 0)) AS BIGINT) AS cents
  FROM visible_marked_lines AS l
  SEMI JOIN candidate_members AS m ON m.member_id = l.member_id
  GROUP BY l.version_id
),
problems AS (
  SELECT COALESCE(v.version_id, m.version_id) AS version_id,
    CASE
      WHEN m.version_id IS NULL AND v.is_adjusting = 1 THEN 'an adjustment is not marked'
      WHEN m.version_id IS NULL AND v.most_copies > 1 THEN 'a repeated line is not marked'
      WHEN m.version_id IS NOT NULL AND (COALESCE(v.lines, 0) <> m.lines OR COALESCE(v.cents, 0) <> m.cents) THEN 'marked lines are not the lines'
    END AS problem
  FROM versions AS v
  FULL JOIN marked AS m ON m.version_id = v.version_id
)
SELECT version_id, problem FROM problems WHERE problem IS NOT NULL
