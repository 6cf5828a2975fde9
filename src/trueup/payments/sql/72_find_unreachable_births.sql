-- Finds births from go-live on without a trigger, though care was billed: under a global code only, or on institutional claims.
-- reads: pregnancies, case_rate_lines, member_lines, claim_roles, run_params
-- writes: unreachable_births
-- grain: one birth and kind of billing
-- key: pregnancy_id, reason
WITH births AS (
  SELECT b.pregnancy_id, b.member_id, b.end_date, b.window_start_date
  FROM pregnancies AS b
  CROSS JOIN run_params AS p
  WHERE b.end_kind IN ('live_birth', 'stillbirth') AND b.first_trigger_date IS NULL AND b.end_date >= p.go_live AND p.monthly_rule IS NOT NULL
),
billed AS (
  SELECT b.pregnancy_id,
    MAX(CASE WHEN l.code_role = 'case_rate_global' THEN 1 ELSE 0 END) AS has_global,
    MAX(CASE WHEN l.code_role IN ('case_rate_service', 'case_rate_antepartum') AND l.line_start_date < b.end_date THEN 1 ELSE 0 END) AS has_visit
  FROM births AS b
  JOIN case_rate_lines AS l ON l.pregnancy_id = b.pregnancy_id
  GROUP BY b.pregnancy_id
),
pregnant AS (SELECT DISTINCT version_id FROM claim_roles WHERE source = 'diagnosis' AND code_role IN ('trigger', 'pregnancy'))
SELECT pregnancy_id, 'global_only' AS reason FROM billed WHERE has_global = 1 AND has_visit = 0
UNION
SELECT b.pregnancy_id, 'institutional' AS reason
FROM births AS b
JOIN member_lines AS l ON l.member_id = b.member_id
SEMI JOIN pregnant AS g ON g.version_id = l.version_id
WHERE l.claim_type = 'institutional' AND NOT l.is_inpatient AND l.line_start_date >= b.window_start_date AND l.line_start_date < b.end_date
