-- Finds the professional lines by which an entity triggers, delivers or cares for a pregnancy in an episode's own window.
-- reads: decided_lines, episode_units, line_roles, claim_roles, line_entities, entity_types, run_params
-- writes: entity_activity
-- grain: one entity, day and episode with maternity work
-- key: episode_id, entity_id, line_start_date
WITH types AS (
  SELECT entity_id, MAX(can_trigger) AS can_trigger FROM entity_types GROUP BY entity_id
),
marked AS (
  SELECT d.episode_id, n.entity_id, d.line_start_date,
    CASE WHEN (t.version_id IS NOT NULL OR c.version_id IS NOT NULL) AND (x.can_trigger IS NULL OR x.can_trigger = 1 OR p.has_trigger_types = 0)
      AND d.line_start_date >= CAST(e.pregnancy_start_date + INTERVAL (p.min_gestation_days) DAY AS DATE) THEN 1 ELSE 0 END AS is_trigger,
    CASE WHEN b.version_id IS NOT NULL THEN 1 ELSE 0 END AS is_delivery,
    CASE WHEN t.version_id IS NOT NULL OR c.version_id IS NOT NULL OR b.version_id IS NOT NULL OR s.version_id IS NOT NULL THEN 1 ELSE 0 END AS is_in_scope
  FROM decided_lines AS d
  CROSS JOIN run_params AS p
  JOIN episode_units AS e ON e.episode_id = d.episode_id
  JOIN line_entities AS n ON n.version_id = d.version_id AND n.claim_line_number = d.claim_line_number
  LEFT JOIN (SELECT DISTINCT version_id, claim_line_number FROM line_roles WHERE code_role = 'trigger') AS t
    ON t.version_id = d.version_id AND t.claim_line_number = d.claim_line_number
  LEFT JOIN (SELECT DISTINCT version_id FROM claim_roles WHERE code_role = 'trigger' AND source = 'diagnosis') AS c ON c.version_id = d.version_id
  LEFT JOIN (
    SELECT DISTINCT version_id, claim_line_number FROM line_roles
    WHERE source = 'hcpcs' AND code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any')
  ) AS b ON b.version_id = d.version_id AND b.claim_line_number = d.claim_line_number
  LEFT JOIN (SELECT DISTINCT version_id, claim_line_number FROM line_roles WHERE code_role = 'case_rate_service') AS s
    ON s.version_id = d.version_id AND s.claim_line_number = d.claim_line_number
  LEFT JOIN types AS x ON x.entity_id = n.entity_id
  WHERE p.monthly_rule = 'trigger_claim' AND d.is_in_window = 1 AND d.claim_type = 'professional' AND n.entity_id IS NOT NULL
)
SELECT episode_id, entity_id, line_start_date, YEAR(line_start_date) * 12 + MONTH(line_start_date) - 1 AS month_number,
  MAX(is_trigger) AS is_trigger, MAX(is_delivery) AS is_delivery
FROM marked
WHERE is_in_scope = 1
GROUP BY episode_id, entity_id, line_start_date
