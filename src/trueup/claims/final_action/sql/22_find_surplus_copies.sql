-- Finds the surplus copies of lines that agree; the first known one stays.
-- reads: undecided_lines, line_copies
-- writes: surplus_copies
-- grain: one surplus line
-- key: batch_id, source_table, source_file, source_row
WITH ranked AS (
  SELECT l.batch_id, l.source_table, l.source_file, l.source_row,
    ROW_NUMBER() OVER (
      PARTITION BY l.version_id, l.claim_line_number
      ORDER BY l.known_date NULLS FIRST, l.source_file, l.source_row, l.batch_id, l.source_table
    ) AS copy_number
  FROM undecided_lines AS l
  JOIN line_copies AS c ON c.version_id = l.version_id AND c.claim_line_number = l.claim_line_number
  WHERE c.contents = 1
)
SELECT batch_id, source_table, source_file, source_row FROM ranked WHERE copy_number > 1
