-- States what each entity is entitled to: one case rate per member and month, and one correction per claim, in the month of its first corrected line.
-- reads: case_rate_months, pregnancies, zero_pay_lines, calendar_months, run_params
-- writes: payments
-- grain: one payment
-- key: payment_id
WITH paid_months AS (
  SELECT m.entity_id, m.member_id, m.month, m.first_day, m.rate_amount_cents, m.status, m.rate_effective_from,
    ROW_NUMBER() OVER (PARTITION BY m.entity_id, m.member_id, m.month_number ORDER BY b.window_start_date, m.pregnancy_id) AS pregnancy_number
  FROM case_rate_months AS m
  JOIN pregnancies AS b ON b.pregnancy_id = m.pregnancy_id
  WHERE m.paid
),
corrected AS (
  SELECT entity_id, member_id, claim_id, MIN(line_start_date) AS first_date, CAST(SUM(adjustment_cents) AS BIGINT) AS amount_cents
  FROM zero_pay_lines
  WHERE adjustment_cents <> 0
  GROUP BY entity_id, member_id, claim_id
),
stated AS (
  SELECT 'case_rate' AS purpose, entity_id, member_id, CAST(NULL AS VARCHAR) AS claim_id, month, first_day AS period_start_date, rate_amount_cents AS amount_cents,
    status AS reason, CAST(rate_effective_from AS VARCHAR) AS rate_version
  FROM paid_months
  WHERE pregnancy_number = 1
  UNION ALL
  SELECT 'ffs_adjustment' AS purpose, k.entity_id, k.member_id, k.claim_id, c.month, c.first_day AS period_start_date, k.amount_cents,
    CASE WHEN k.amount_cents < 0 THEN 'paid_twice' ELSE 'restored' END AS reason, CAST(NULL AS VARCHAR) AS rate_version
  FROM corrected AS k
  JOIN calendar_months AS c ON c.month_number = YEAR(k.first_date) * 12 + MONTH(k.first_date) - 1
  WHERE k.amount_cents <> 0
)
SELECT
  'P' || SUBSTRING(MD5(
    p.workspace_key || '|' || p.program || '|' || s.purpose || '|' || s.entity_id || '|' || s.member_id || '|' || s.month || '|' || COALESCE(s.claim_id, '')
  ), 1, 16) AS payment_id,
  s.entity_id, s.member_id, s.claim_id, s.period_start_date, s.month AS cycle_month, s.purpose, s.amount_cents, 'entitled' AS status,
  CAST(NULL AS VARCHAR) AS corrects, s.reason, s.rate_version
FROM stated AS s
CROSS JOIN run_params AS p
