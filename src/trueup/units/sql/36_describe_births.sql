-- Describes each birth event: outcome, mode, gestation, number of fetuses, and whether it follows the last one too soon.
-- reads: dated_births, event_evidence, member_claims, claim_roles, run_params
-- writes: birth_events
-- grain: one birth event
-- key: member_id, event_number
WITH claims AS (SELECT DISTINCT member_id, event_number, version_id FROM event_evidence),
coded AS (
  SELECT c.member_id, c.event_number,
    MAX(CASE WHEN r.code_role = 'outcome_live' THEN 1 ELSE 0 END) AS is_live,
    MAX(CASE WHEN r.code_role = 'outcome_stillbirth' THEN 1 ELSE 0 END) AS is_still,
    MAX(CASE WHEN r.code_role = 'gestation_weeks' THEN r.code_value END) AS gestation_weeks,
    MAX(CASE WHEN r.code_role = 'fetus_count' THEN r.code_value END) AS fetus_count
  FROM claims AS c
  JOIN claim_roles AS r ON r.version_id = c.version_id
  GROUP BY c.member_id, c.event_number
),
modes AS (
  SELECT c.member_id, c.event_number, MAX(k.has_cesarean) AS has_cesarean
  FROM claims AS c
  JOIN member_claims AS k ON k.version_id = c.version_id
  GROUP BY c.member_id, c.event_number
),
followed AS (
  SELECT b.*, LAG(b.delivery_date) OVER (PARTITION BY b.member_id ORDER BY b.event_number) AS last_delivery_date FROM dated_births AS b
)
SELECT b.member_id, b.event_number, b.delivery_date, b.delivery_date_source, b.stay_start_date, b.stay_end_date,
  CASE WHEN c.is_live = 1 THEN 'live_birth' WHEN c.is_still = 1 THEN 'stillbirth' ELSE p.uncoded_outcome END AS outcome,
  CASE WHEN m.has_cesarean = 1 THEN 'cesarean' ELSE 'vaginal' END AS mode,
  c.gestation_weeks,
  COALESCE(c.fetus_count, 1) AS fetus_count,
  CAST(b.delivery_date - INTERVAL (COALESCE(c.gestation_weeks, 40) * 7) DAY AS DATE) AS pregnancy_start_date,
  CASE WHEN b.last_delivery_date IS NOT NULL AND DATE_DIFF('day', b.last_delivery_date, b.delivery_date) < p.minimum_interval_days THEN 1 ELSE 0 END AS is_too_soon
FROM followed AS b
CROSS JOIN run_params AS p
LEFT JOIN coded AS c ON c.member_id = b.member_id AND c.event_number = b.event_number
LEFT JOIN modes AS m ON m.member_id = b.member_id AND m.event_number = b.event_number
