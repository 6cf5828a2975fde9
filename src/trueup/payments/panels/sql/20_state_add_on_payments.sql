-- States what each group is entitled to before settlement: the add-ons of a month, summed over its contracts.
-- reads: panel_add_ons, calendar_months, run_params
-- writes: payments
-- grain: one month of one group
-- key: payment_id
WITH sums AS (
  SELECT entity_id, month_number, CAST(SUM(amount_cents) AS BIGINT) AS amount_cents FROM panel_add_ons GROUP BY entity_id, month_number
)
SELECT 'P' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || s.entity_id || '|' || k.month), 1, 16) AS payment_id, s.entity_id,
  CAST(NULL AS VARCHAR) AS member_id, CAST(NULL AS VARCHAR) AS claim_id, k.first_day AS period_start_date, k.month AS cycle_month,
  'member_fee' AS purpose, s.amount_cents, 'entitled' AS status, CAST(NULL AS VARCHAR) AS corrects, 'attributed' AS reason,
  CAST(NULL AS VARCHAR) AS rate_version
FROM sums AS s
CROSS JOIN run_params AS p
JOIN calendar_months AS k ON k.month_number = s.month_number
