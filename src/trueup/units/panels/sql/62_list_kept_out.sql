-- Lists the payments of value-based programs that fall into a period: they are in no cost and in no benchmark.
-- reads: visible_payments_made, panel_calendar
-- writes: panel_kept_out
-- grain: one purpose of one program's payments to one entity in one period
-- key: entity_id, period, paid_program, purpose
SELECT COALESCE(m.entity_id, '') AS entity_id, k.period, m.program AS paid_program, m.purpose, CAST(SUM(m.amount_cents) AS BIGINT) AS amount_cents
FROM visible_payments_made AS m
JOIN panel_calendar AS k ON k.month_number = YEAR(m.period_start_date) * 12 + MONTH(m.period_start_date) - 1
GROUP BY COALESCE(m.entity_id, ''), k.period, m.program, m.purpose
