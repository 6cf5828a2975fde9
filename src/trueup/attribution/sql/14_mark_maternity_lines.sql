-- Marks the professional lines that trigger, deliver or care for a pregnancy, where the program attributes by month.
-- reads: member_lines, line_entities, line_roles, claim_roles, entity_types, candidate_eligibility, eligibility_count, run_params
-- writes: maternity_lines
-- grain: one professional line with a code of pregnancy care
-- key: version_id, claim_line_number
WITH types AS (SELECT entity_id, MAX(can_trigger) AS can_trigger FROM entity_types GROUP BY entity_id),
line_marks AS (
  SELECT version_id, claim_line_number,
    MAX(CASE WHEN code_role = 'trigger' THEN 1 ELSE 0 END) AS has_trigger,
    MAX(CASE WHEN source = 'hcpcs' AND code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any') THEN 1 ELSE 0 END) AS is_delivery,
    MAX(CASE WHEN code_role = 'case_rate_service' THEN 1 ELSE 0 END) AS is_service
  FROM line_roles
  WHERE code_role IN (
    'trigger', 'delivery_vaginal', 'delivery_cesarean', 'delivery_any', 'case_rate_service',
    'case_rate_global', 'case_rate_delivery_postpartum', 'case_rate_antepartum', 'case_rate_delivery', 'case_rate_postpartum'
  )
  GROUP BY version_id, claim_line_number
),
claim_marks AS (
  SELECT version_id, MAX(CASE WHEN code_role = 'trigger' THEN 1 ELSE 0 END) AS has_trigger,
    MAX(CASE WHEN code_role = 'gestation_weeks' THEN code_value END) AS gestation_weeks
  FROM claim_roles
  WHERE source = 'diagnosis' AND code_role IN ('trigger', 'gestation_weeks')
  GROUP BY version_id
),
marked AS (
  SELECT l.version_id, l.claim_line_number, l.member_id, n.entity_id, l.line_start_date, c.gestation_weeks,
    CASE WHEN k.has_trigger = 1 OR c.has_trigger = 1 THEN 1 ELSE 0 END AS has_trigger_code,
    COALESCE(k.is_delivery, 0) AS is_delivery,
    CASE WHEN k.has_trigger = 1 OR c.has_trigger = 1 OR k.is_delivery = 1 OR k.is_service = 1 THEN 1 ELSE 0 END AS is_work
  FROM member_lines AS l
  CROSS JOIN run_params AS p
  JOIN line_entities AS n ON n.version_id = l.version_id AND n.claim_line_number = l.claim_line_number
  LEFT JOIN line_marks AS k ON k.version_id = l.version_id AND k.claim_line_number = l.claim_line_number
  LEFT JOIN claim_marks AS c ON c.version_id = l.version_id
  WHERE p.monthly_rule = 'trigger_claim' AND l.claim_type = 'professional' AND n.entity_id IS NOT NULL
    AND (k.version_id IS NOT NULL OR c.has_trigger = 1)
),
days AS (SELECT DISTINCT member_id, line_start_date FROM marked),
covered AS (
  SELECT DISTINCT d.member_id, d.line_start_date
  FROM days AS d
  JOIN candidate_eligibility AS g ON g.member_id = d.member_id
  WHERE g.enrollment_start_date <= d.line_start_date AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= d.line_start_date)
)
SELECT m.version_id, m.claim_line_number, m.member_id, m.entity_id, m.line_start_date, m.gestation_weeks, m.has_trigger_code, m.is_delivery, m.is_work,
  CASE WHEN h.rows_known = 0 OR v.member_id IS NOT NULL THEN 1 ELSE 0 END AS is_covered,
  CASE WHEN m.has_trigger_code = 1 AND (x.can_trigger IS NULL OR x.can_trigger = 1 OR p.has_trigger_types = 0)
    AND (p.trigger_needs_coverage = 0 OR h.rows_known = 0 OR v.member_id IS NOT NULL) THEN 1 ELSE 0 END AS can_trigger,
  CASE WHEN m.gestation_weeks IS NULL OR m.gestation_weeks * 7 >= p.min_gestation_days THEN 1 ELSE 0 END AS is_far_enough
FROM marked AS m
CROSS JOIN run_params AS p
CROSS JOIN eligibility_count AS h
LEFT JOIN types AS x ON x.entity_id = m.entity_id
LEFT JOIN covered AS v ON v.member_id = m.member_id AND v.line_start_date = m.line_start_date
