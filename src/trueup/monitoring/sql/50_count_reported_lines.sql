-- Counts the paid case-rate months that are old enough for their claims to be in, and the covered lines that came for them.
-- reads: case_rate_months, zero_pay_lines, calendar_months, rule_periods, rule_monitor_lag, run_params
-- writes: reported_lines
-- grain: one check, entity and period
-- key: check_id, entity_id, period
WITH months AS (
  SELECT k.check_id, c.month, r.period
  FROM calendar_months AS c
  CROSS JOIN rule_monitor_lag AS k
  CROSS JOIN run_params AS p
  JOIN rule_periods AS r ON c.first_day >= r.first_day AND c.first_day <= r.last_day
  WHERE CAST(c.last_day + INTERVAL (k.lag_days) DAY AS DATE) <= p.as_of
),
paid AS (
  SELECT n.check_id, m.entity_id, n.period, COUNT(*) AS months
  FROM case_rate_months AS m
  JOIN months AS n ON n.month = m.month
  WHERE m.paid
  GROUP BY n.check_id, m.entity_id, n.period
),
covered AS (
  SELECT DISTINCT n.check_id, z.entity_id, n.period, z.claim_id, z.version_seq, z.claim_line_number
  FROM zero_pay_lines AS z
  JOIN months AS n ON n.month = z.month
  WHERE z.status IN ('zero_paid', 'to_zero')
),
lines AS (SELECT check_id, entity_id, period, COUNT(*) AS lines FROM covered GROUP BY check_id, entity_id, period)
SELECT p.check_id, p.entity_id, p.period, p.months, COALESCE(l.lines, 0) AS lines
FROM paid AS p
LEFT JOIN lines AS l ON l.check_id = p.check_id AND l.entity_id = p.entity_id AND l.period = p.period
