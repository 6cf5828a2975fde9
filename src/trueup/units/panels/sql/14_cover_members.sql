-- Finds the payer that covers each member in each month: the one in force on the counted day; of several the first by name.
-- reads: final_eligibility, panel_calendar, rule_codes, run_params
-- writes: covered_months
-- grain: one covered month of one member
-- key: member_id, month_number
WITH spans AS (
  SELECT c.period, c.month_number, c.month, e.member_id, COALESCE(e.payer, 'unknown') AS payer, e.dual_status_code, c.counted_day,
    ROW_NUMBER() OVER (
      PARTITION BY e.member_id, c.month_number
      ORDER BY COALESCE(e.payer, 'unknown'), COALESCE(e.dual_status_code, ''), e.enrollment_start_date, e.batch_id, e.source_file, e.source_row
    ) AS span_number
  FROM final_eligibility AS e
  CROSS JOIN panel_calendar AS c
  WHERE c.counted_day >= e.enrollment_start_date AND c.counted_day <= COALESCE(e.enrollment_end_date, c.counted_day)
    AND c.counted_day <= COALESCE(e.death_date, c.counted_day)
),
duals AS (
  SELECT DISTINCT s.member_id, s.month_number
  FROM spans AS s
  JOIN rule_codes AS r ON r.code = s.dual_status_code AND r.code_role = 'dual_status'
  WHERE s.counted_day >= r.effective_from AND s.counted_day < r.effective_to
)
SELECT s.member_id, s.period, s.month_number, s.month, s.payer
FROM spans AS s
CROSS JOIN run_params AS p
LEFT JOIN duals AS d ON d.member_id = s.member_id AND d.month_number = s.month_number
WHERE s.span_number = 1 AND (p.dual = 'counted' OR d.member_id IS NULL)
