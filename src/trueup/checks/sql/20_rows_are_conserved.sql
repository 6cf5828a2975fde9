-- I-01: a table and batch whose rows or cents read differ from those accounted for.
-- reads: claim_lines, run_params, visible_quarantine, line_accounting
-- writes: check_rows_are_conserved
-- grain: one table and batch out of balance
-- key: table_name, batch
WITH places AS (
  SELECT l.source_table AS table_name, l.batch_id AS batch, COUNT(*) AS rows_read, COALESCE(CAST(SUM(l.paid_cents) AS BIGINT), 0) AS cents_read,
    0 AS rows_placed, 0 AS cents_placed
  FROM claim_lines AS l
  CROSS JOIN run_params AS p
  WHERE l.known_date IS NULL OR l.known_date <= p.as_of
  GROUP BY l.source_table, l.batch_id
  UNION ALL
  SELECT table_name, batch_id AS batch, 1 AS rows_read, COALESCE(amount_cents, 0) AS cents_read, 0 AS rows_placed, 0 AS cents_placed FROM visible_quarantine
  UNION ALL
  SELECT table_name, batch, 0 AS rows_read, 0 AS cents_read, rows AS rows_placed, amount_cents AS cents_placed FROM line_accounting
),
totals AS (
  SELECT table_name, batch, CAST(SUM(rows_read) AS BIGINT) AS rows_read, CAST(SUM(rows_placed) AS BIGINT) AS rows_placed,
    CAST(SUM(cents_read) AS BIGINT) AS cents_read, CAST(SUM(cents_placed) AS BIGINT) AS cents_placed
  FROM places
  GROUP BY table_name, batch
)
SELECT table_name, batch, rows_read, rows_placed, cents_read, cents_placed FROM totals WHERE rows_read <> rows_placed OR cents_read <> cents_placed
