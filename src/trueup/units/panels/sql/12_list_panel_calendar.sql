-- Lists the months of each period, with the day on which coverage is looked at.
-- reads: rule_periods, calendar_months, run_params
-- writes: panel_calendar
-- grain: one month of one period
-- key: month_number
SELECT r.period, r.role, c.month_number, c.month, c.first_day, c.last_day,
  CASE WHEN p.counted_day = 'last_day' THEN c.last_day ELSE c.first_day END AS counted_day
FROM rule_periods AS r
CROSS JOIN run_params AS p
JOIN calendar_months AS c ON c.first_day >= r.first_day AND c.last_day <= r.last_day
