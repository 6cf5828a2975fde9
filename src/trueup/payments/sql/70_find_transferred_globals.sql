-- Finds global codes by an entity that is not paid in a pregnancy in which another is: nobody's payment can take them apart.
-- reads: case_rate_lines, case_rate_months, run_params
-- writes: transferred_globals
-- grain: one line with a global code
-- key: version_id, claim_line_number
WITH paid AS (SELECT DISTINCT pregnancy_id, entity_id FROM case_rate_months WHERE paid),
paid_pregnancies AS (SELECT DISTINCT pregnancy_id FROM paid)
SELECT l.version_id, l.claim_line_number, l.pregnancy_id, l.entity_id, l.paid_cents
FROM case_rate_lines AS l
CROSS JOIN run_params AS p
SEMI JOIN paid_pregnancies AS o ON o.pregnancy_id = l.pregnancy_id
ANTI JOIN paid AS m ON m.pregnancy_id = l.pregnancy_id AND m.entity_id = l.entity_id
WHERE l.code_role = 'case_rate_global' AND l.line_start_date >= CAST(p.go_live - INTERVAL (DAY(p.go_live) - 1) DAY AS DATE)
  AND YEAR(l.line_start_date) * 12 + MONTH(l.line_start_date) - 1 <= p.through_month_number
