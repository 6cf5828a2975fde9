-- Sums what was billed under each code in each setting.
-- reads: definition_codes
-- writes: definition_setting_totals
-- grain: one code in one setting
-- key: code_system, code, setting
SELECT code_system, code, setting,
  COUNT(*) AS line_count,
  COUNT(DISTINCT version_id) AS claim_count,
  COUNT(DISTINCT member_id) AS member_count,
  CAST(SUM(spend_cents) AS BIGINT) AS spend_cents
FROM definition_codes
GROUP BY code_system, code, setting
