-- Lists the measured years whose outcomes and claims are not all in as of the day: what is reported of them is the year to date.
-- reads: rule_periods, described_stays, run_params
-- writes: open_years
-- grain: one measured year that is not complete
-- key: period
SELECT o.period, MIN(o.last_day) AS last_day, MIN(CAST(o.last_day + INTERVAL (p.maturity_days) DAY AS DATE)) AS complete_on, COUNT(s.stay_id) AS stays
FROM rule_periods AS o
CROSS JOIN run_params AS p
LEFT JOIN described_stays AS s ON s.period = o.period AND s.stay_kind = 'psychiatric'
WHERE o.role = 'baseline' AND o.first_day <= p.as_of AND CAST(o.last_day + INTERVAL (p.maturity_days) DAY AS DATE) > p.as_of
GROUP BY o.period
