-- Counts the claim lines of everybody else, as all lines less the candidates', so that each line read has a place without being looked at one by one.
-- reads: line_counts, candidate_lines
-- writes: other_line_counts
-- grain: one status and known day of one table and batch
-- key: batch_id, source_table, claim_status, known_date
WITH counted AS (
  SELECT batch_id, source_table, claim_status, known_date, lines, paid_cents FROM line_counts
  UNION ALL
  SELECT batch_id, source_table, claim_status, known_date, -COUNT(*) AS lines, -COALESCE(CAST(SUM(paid_cents) AS BIGINT), 0) AS paid_cents
  FROM candidate_lines
  GROUP BY batch_id, source_table, claim_status, known_date
)
SELECT batch_id, source_table, claim_status, known_date, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(paid_cents) AS BIGINT) AS paid_cents
FROM counted
GROUP BY batch_id, source_table, claim_status, known_date
HAVING CAST(SUM(lines) AS BIGINT) <> 0 OR CAST(SUM(paid_cents) AS BIGINT) <> 0
