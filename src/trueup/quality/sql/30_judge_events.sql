-- Counts for each unit the events that an event criterion asks for, from its first to its last day, and judges whether they are enough.
-- reads: measure_events, measure_units, rule_measures, rule_criteria
-- writes: event_findings
-- grain: one event criterion of one unit for which something was found
-- key: measure_id, unit_id, part, criterion
WITH beside AS (SELECT DISTINCT version_id, code_role FROM measure_events),
dates AS (
  SELECT unit_id, unit_kind, member_id, YEAR(anchor_date) AS measure_year, 'start' AS date_name, start_date AS unit_date FROM measure_units
  UNION ALL
  SELECT unit_id, unit_kind, member_id, YEAR(anchor_date) AS measure_year, 'anchor' AS date_name, anchor_date AS unit_date FROM measure_units
  UNION ALL
  SELECT unit_id, unit_kind, member_id, YEAR(anchor_date) AS measure_year, 'end' AS date_name, end_date AS unit_date FROM measure_units
  UNION ALL
  SELECT unit_id, unit_kind, member_id, YEAR(anchor_date) AS measure_year, 'stay_start' AS date_name, stay_start_date AS unit_date FROM measure_units
  UNION ALL
  SELECT unit_id, unit_kind, member_id, YEAR(anchor_date) AS measure_year, 'stay_end' AS date_name, stay_end_date AS unit_date FROM measure_units
),
found AS (
  SELECT c.measure_id, c.version, f.unit_id, c.part, c.criterion, c.criteria_group, c.at_least, c.is_distinct_days, e.event_date, e.claim_id
  FROM rule_criteria AS c
  JOIN rule_measures AS m ON m.measure_id = c.measure_id AND m.version = c.version
  JOIN measure_events AS e ON e.code_role = c.code_role
  JOIN dates AS f
    ON f.member_id = e.member_id AND f.date_name = c.from_date AND f.unit_kind = m.unit_kind
    AND f.measure_year >= m.first_year AND f.measure_year <= m.last_year
  JOIN dates AS t ON t.unit_id = f.unit_id AND t.date_name = c.to_date
  LEFT JOIN beside AS w ON w.version_id = e.version_id AND w.code_role = c.with_role
  LEFT JOIN beside AS n ON n.version_id = e.version_id AND n.code_role = c.without_role
  WHERE (c.first_day IS NULL OR DATE_DIFF('day', f.unit_date, e.event_date) >= c.first_day)
    AND (c.last_day IS NULL OR DATE_DIFF('day', t.unit_date, e.event_date) <= c.last_day)
    AND (c.claim_type IS NULL OR c.claim_type = e.claim_type)
    AND (c.setting IS NULL OR c.setting = e.setting)
    AND (c.is_principal = 0 OR e.is_principal = 1)
    AND (c.with_role IS NULL OR w.version_id IS NOT NULL)
    AND n.version_id IS NULL
),
counted AS (
  SELECT measure_id, version, unit_id, part, criterion, criteria_group, at_least, is_distinct_days,
    COUNT(*) AS event_count, COUNT(DISTINCT event_date) AS day_count, MIN(event_date) AS first_date,
    SUBSTRING(MIN(CAST(event_date AS VARCHAR) || ' ' || claim_id), 12) AS claim_id
  FROM found
  GROUP BY measure_id, version, unit_id, part, criterion, criteria_group, at_least, is_distinct_days
)
SELECT measure_id, version, unit_id, part, criterion, criteria_group,
  CASE WHEN CASE WHEN is_distinct_days = 1 THEN day_count ELSE event_count END >= at_least THEN 1 ELSE 0 END AS is_met,
  CASE WHEN is_distinct_days = 1 THEN day_count ELSE event_count END AS event_count,
  first_date, claim_id
FROM counted
