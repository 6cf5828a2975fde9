-- I-01: a table and batch whose rows or cents read differ from those accounted for.
-- reads: visible_lines, visible_quarantine, line_accounting
-- writes: check_rows_are_conserved
-- grain: one table and batch out of balance
-- key: table_name, batch
WITH places AS (
  SELECT source_table AS table_name, batch_id AS batch, 1 AS rows_read, paid_cents AS cents_read, 0 AS rows_placed, 0 AS cents_placed FROM visible_lines
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
