-- Opens one unit for each attributed member of a period; its stay is the first emergency visit for substance use that leaves 30 days.
-- reads: panel_members, rule_periods, emergency_visits, run_params
-- writes: measure_units
-- grain: one attributed member in one period
-- key: unit_id
WITH first_visits AS (
  SELECT v.member_id, r.period, MIN(v.visit_date) AS visit_date
  FROM emergency_visits AS v
  JOIN rule_periods AS r ON v.visit_date >= r.first_day AND CAST(v.visit_date + INTERVAL (30) DAY AS DATE) <= r.last_day
  WHERE v.is_substance_use = 1
  GROUP BY v.member_id, r.period
)
SELECT 'U' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || m.member_id || '|' || m.period), 1, 16) AS unit_id, 'member' AS unit_kind,
  m.member_id, m.entity_id, m.period, r.first_day AS start_date, r.last_day AS anchor_date, r.last_day AS end_date,
  v.visit_date AS stay_start_date, v.visit_date AS stay_end_date
FROM panel_members AS m
CROSS JOIN run_params AS p
JOIN rule_periods AS r ON r.period = m.period
LEFT JOIN first_visits AS v ON v.member_id = m.member_id AND v.period = m.period
WHERE m.entity_id IS NOT NULL
