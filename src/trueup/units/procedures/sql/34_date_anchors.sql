-- Dates each anchor event that the program counts: the earliest anchor procedure or anchor line inside it, else its first day.
-- reads: event_evidence, claim_roles, line_roles, member_lines, rule_settings, run_params
-- writes: dated_anchors
-- grain: one anchor event in a setting of the program
-- key: member_id, event_number
WITH events AS (
  SELECT member_id, event_number, MIN(interval_start_date) AS first_day, MAX(interval_end_date) AS last_day,
    MIN(stay_start_date) AS stay_start_date, MAX(stay_end_date) AS stay_end_date,
    MAX(CASE WHEN claim_line_number = 0 THEN 1 ELSE 0 END) AS has_institutional,
    CASE WHEN MIN(stay_start_date) IS NULL THEN 'outpatient' ELSE 'inpatient' END AS setting
  FROM event_evidence
  GROUP BY member_id, event_number
),
dates AS (
  SELECT e.member_id, e.event_number, r.procedure_date AS found_date, 1 AS source_order, 'procedure' AS source
  FROM event_evidence AS e
  JOIN claim_roles AS r ON r.version_id = e.version_id
  WHERE r.source = 'procedure' AND r.code_role = 'anchor' AND r.procedure_date IS NOT NULL
  UNION ALL
  SELECT e.member_id, e.event_number, l.line_start_date AS found_date,
    CASE WHEN l.claim_type = 'professional' THEN 2 ELSE 3 END AS source_order,
    CASE WHEN l.claim_type = 'professional' THEN 'professional_line' ELSE 'claim_date' END AS source
  FROM event_evidence AS e
  JOIN member_lines AS l ON l.version_id = e.version_id AND (l.claim_line_number = e.claim_line_number OR e.claim_line_number = 0)
  SEMI JOIN line_roles AS r
    ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number AND r.source = 'hcpcs' AND r.code_role = 'anchor'
),
ranked AS (
  SELECT d.member_id, d.event_number, d.found_date, d.source,
    ROW_NUMBER() OVER (PARTITION BY d.member_id, d.event_number ORDER BY d.found_date, d.source_order) AS date_number
  FROM dates AS d
  JOIN events AS e ON e.member_id = d.member_id AND e.event_number = d.event_number
  WHERE d.found_date >= COALESCE(e.stay_start_date, e.first_day) AND d.found_date <= COALESCE(e.stay_end_date, e.last_day)
),
dated AS (
  SELECT e.member_id, e.event_number, e.stay_start_date, e.stay_end_date, e.setting,
    COALESCE(r.found_date, e.stay_start_date, e.first_day) AS anchor_date,
    COALESCE(r.source, 'claim_date') AS anchor_date_source
  FROM events AS e
  CROSS JOIN run_params AS p
  SEMI JOIN rule_settings AS s ON s.setting = e.setting
  LEFT JOIN ranked AS r ON r.member_id = e.member_id AND r.event_number = e.event_number AND r.date_number = 1
  WHERE p.anchor_claim = 'any' OR e.has_institutional = 1
)
SELECT member_id, event_number, anchor_date, anchor_date_source, setting,
  COALESCE(stay_start_date, anchor_date) AS stay_start_date,
  COALESCE(stay_end_date, anchor_date) AS stay_end_date
FROM dated
