-- Dates each period's look-back: so many calendar months that end with the period, or on the day before it.
-- reads: rule_periods, calendar_months, run_params
-- writes: panel_windows
-- grain: one period
-- key: period
WITH ends AS (
  SELECT r.period, r.role, r.first_day, r.last_day,
    CASE WHEN p.lookback_ends = 'period_end' THEN r.last_day ELSE CAST(r.first_day - INTERVAL (1) DAY AS DATE) END AS lookback_last_day,
    p.lookback_months
  FROM rule_periods AS r
  CROSS JOIN run_params AS p
)
SELECT e.period, e.role, e.first_day, e.last_day, c.first_day AS lookback_first_day, e.lookback_last_day
FROM ends AS e
JOIN calendar_months AS c ON c.month_number = YEAR(e.lookback_last_day) * 12 + MONTH(e.lookback_last_day) - e.lookback_months
