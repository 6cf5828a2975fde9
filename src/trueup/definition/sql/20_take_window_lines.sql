-- Takes the lines in the own windows of the anchored episodes, with their setting and whether their claim has a pregnancy diagnosis.
-- reads: placed_lines, member_lines, definition_episodes, claim_roles, definition_params
-- writes: definition_lines
-- grain: one final line in an anchored episode's own window
-- key: version_id, claim_line_number
WITH pregnancy_claims AS (
  SELECT DISTINCT version_id FROM claim_roles WHERE source = 'diagnosis' AND code_role = 'pregnancy'
)
SELECT l.version_id, l.claim_line_number, l.member_id, h.episode_id, l.line_start_date, l.hcpcs_code, l.revenue_center_code, l.ndc_code,
  CASE
    WHEN SUBSTRING(l.revenue_center_code, 1, 3) = '045' OR l.revenue_center_code = '0981' OR l.place_of_service_code = '23' THEN 'emergency'
    WHEN l.is_inpatient THEN 'inpatient'
    WHEN l.claim_type = 'institutional' THEN 'outpatient'
    ELSE l.claim_type
  END AS setting,
  COALESCE(CASE WHEN p.spend_basis = 'allowed' THEN l.allowed_cents ELSE l.paid_cents END, 0) AS spend_cents,
  CASE WHEN g.version_id IS NULL THEN 0 ELSE 1 END AS has_pregnancy
FROM placed_lines AS h
JOIN member_lines AS l ON l.version_id = h.version_id AND l.claim_line_number = h.claim_line_number
CROSS JOIN definition_params AS p
SEMI JOIN (SELECT episode_id FROM definition_episodes WHERE is_anchored = 1) AS e ON e.episode_id = h.episode_id
LEFT JOIN pregnancy_claims AS g ON g.version_id = l.version_id
WHERE h.is_in_window = 1
