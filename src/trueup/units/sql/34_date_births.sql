-- Dates each birth event: the earliest delivery procedure or professional delivery line in the stay, else the day before discharge.
-- reads: event_evidence, claim_roles, line_roles, member_lines
-- writes: dated_births
-- grain: one birth event
-- key: member_id, event_number
WITH events AS (
  SELECT member_id, event_number, MIN(evidence_date) AS first_evidence_date, MIN(interval_start_date) AS first_day, MAX(interval_end_date) AS last_day, MIN(stay_start_date) AS stay_start_date, MAX(stay_end_date) AS stay_end_date
  FROM event_evidence
  GROUP BY member_id, event_number
),
dates AS (
  SELECT e.member_id, e.event_number, r.procedure_date AS found_date, 1 AS source_order, 'procedure' AS source
  FROM event_evidence AS e
  JOIN claim_roles AS r ON r.version_id = e.version_id
  WHERE r.source = 'procedure' AND r.code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any') AND r.procedure_date IS NOT NULL
  UNION ALL
  SELECT e.member_id, e.event_number, l.line_start_date AS found_date, 2 AS source_order, 'professional_line' AS source
  FROM event_evidence AS e
  JOIN member_lines AS l ON l.version_id = e.version_id AND l.claim_line_number = e.claim_line_number
  SEMI JOIN line_roles AS r
    ON r.version_id = e.version_id AND r.claim_line_number = e.claim_line_number AND r.source = 'hcpcs' AND r.code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any')
  WHERE l.claim_type = 'professional'
),
ranked AS (
  SELECT d.member_id, d.event_number, d.found_date, d.source,
    ROW_NUMBER() OVER (PARTITION BY d.member_id, d.event_number ORDER BY d.found_date, d.source_order) AS date_number
  FROM dates AS d
  JOIN events AS e ON e.member_id = d.member_id AND e.event_number = d.event_number
  WHERE d.found_date >= COALESCE(e.stay_start_date, e.first_day) AND d.found_date <= COALESCE(e.stay_end_date, e.last_day)
),
dated AS (
  SELECT e.member_id, e.event_number, e.stay_start_date, e.stay_end_date,
    COALESCE(
      r.found_date,
      CASE WHEN e.stay_end_date IS NOT NULL THEN GREATEST(CAST(e.stay_end_date - INTERVAL 1 DAY AS DATE), e.stay_start_date) END,
      e.first_evidence_date
    ) AS delivery_date,
    COALESCE(r.source, CASE WHEN e.stay_end_date IS NOT NULL THEN 'day_before_discharge' ELSE 'claim_date' END) AS delivery_date_source
  FROM events AS e
  LEFT JOIN ranked AS r ON r.member_id = e.member_id AND r.event_number = e.event_number AND r.date_number = 1
)
SELECT member_id, event_number, delivery_date, delivery_date_source,
  COALESCE(stay_start_date, delivery_date) AS stay_start_date,
  COALESCE(stay_end_date, delivery_date) AS stay_end_date
FROM dated
