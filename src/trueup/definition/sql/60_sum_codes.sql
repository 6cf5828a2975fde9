-- Sums what was billed under each code: on every line that carries it, and with each line counted once for its code system.
-- reads: definition_codes
-- writes: definition_code_totals
-- grain: one code
-- key: code_system, code
SELECT code_system, code,
  COUNT(*) AS line_count,
  COUNT(DISTINCT version_id) AS claim_count,
  COUNT(DISTINCT member_id) AS member_count,
  CAST(SUM(has_pregnancy) AS BIGINT) AS pregnancy_line_count,
  CAST(SUM(spend_cents) AS BIGINT) AS spend_cents,
  CAST(SUM(CASE WHEN count_number = 1 THEN 1 ELSE 0 END) AS BIGINT) AS counted_line_count,
  CAST(SUM(CASE WHEN count_number = 1 THEN spend_cents ELSE 0 END) AS BIGINT) AS counted_spend_cents,
  MIN(line_start_date) AS first_date, MAX(line_start_date) AS last_date,
  MAX(is_sud) AS is_sud, MAX(is_newborn) AS is_newborn
FROM definition_codes
GROUP BY code_system, code
