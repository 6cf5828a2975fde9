-- Gives every claim line known by the as-of date its one place, and counts rows and paid cents.
-- reads: visible_lines, set_aside_lines, visible_quarantine, version_dispositions, dropped_copies, line_homes, unit_members, candidate_members, other_line_counts, run_params
-- writes: line_accounting
-- grain: one disposition and reason of one table and batch
-- key: table_name, batch, disposition, reason
WITH placed AS (
  SELECT l.source_table AS table_name, l.batch_id AS batch, l.paid_cents,
    CASE
      WHEN v.disposition IS NOT NULL THEN v.disposition
      WHEN c.source_row IS NOT NULL THEN 'quarantined'
      WHEN l.claim_status <> 'paid' THEN 'excluded'
      WHEN d.is_used THEN 'used'
      ELSE 'excluded'
    END AS disposition,
    CASE
      WHEN v.disposition IS NOT NULL THEN v.reason
      WHEN c.source_row IS NOT NULL THEN 'dup.row'
      WHEN l.claim_status <> 'paid' THEN 'adj.' || l.claim_status
      WHEN d.version_id IS NOT NULL THEN d.reason
      WHEN m.member_id IS NOT NULL THEN 'outside_episode'
      ELSE 'no_episode'
    END AS reason
  FROM visible_lines AS l
  LEFT JOIN version_dispositions AS v ON v.version_id = l.version_id
  LEFT JOIN dropped_copies AS c
    ON c.batch_id = l.batch_id AND c.source_table = l.source_table AND c.source_file = l.source_file AND c.source_row = l.source_row
  LEFT JOIN line_homes AS d ON d.version_id = l.version_id AND d.claim_line_number = l.claim_line_number
  LEFT JOIN unit_members AS m ON m.member_id = l.member_id
),
-- Of members who are no candidates only what does not count is looked at; the rest has no unit.
set_aside AS (
  SELECT s.source_table AS table_name, s.batch_id AS batch, s.disposition, s.reason,
    CASE WHEN s.claim_status <> 'paid' THEN 'adj.' || s.claim_status ELSE 'no_episode' END AS reason_if_counted,
    COUNT(*) AS row_count, COALESCE(CAST(SUM(s.paid_cents) AS BIGINT), 0) AS amount_cents
  FROM set_aside_lines AS s
  ANTI JOIN candidate_members AS m ON m.member_id = s.member_id
  GROUP BY s.source_table, s.batch_id, s.disposition, s.reason, s.claim_status
),
everything AS (
  SELECT table_name, batch, disposition, reason, 1 AS row_count, COALESCE(paid_cents, 0) AS amount_cents FROM placed
  UNION ALL
  SELECT o.source_table AS table_name, o.batch_id AS batch, 'excluded' AS disposition,
    CASE WHEN o.claim_status <> 'paid' THEN 'adj.' || o.claim_status ELSE 'no_episode' END AS reason, o.lines AS row_count, COALESCE(o.paid_cents, 0) AS amount_cents
  FROM other_line_counts AS o
  CROSS JOIN run_params AS p
  WHERE o.known_date IS NULL OR o.known_date <= p.as_of
  UNION ALL
  SELECT table_name, batch, disposition, reason, row_count, amount_cents FROM set_aside
  UNION ALL
  SELECT table_name, batch, 'excluded' AS disposition, reason_if_counted AS reason, -row_count AS row_count, -amount_cents AS amount_cents FROM set_aside
  UNION ALL
  SELECT table_name, batch_id AS batch, 'quarantined' AS disposition, reason_code AS reason, 1 AS row_count, COALESCE(amount_cents, 0) AS amount_cents
  FROM visible_quarantine
)
SELECT table_name, batch, disposition, reason, CAST(SUM(row_count) AS BIGINT) AS rows, CAST(SUM(amount_cents) AS BIGINT) AS amount_cents
FROM everything
GROUP BY table_name, batch, disposition, reason
HAVING CAST(SUM(row_count) AS BIGINT) <> 0 OR CAST(SUM(amount_cents) AS BIGINT) <> 0
