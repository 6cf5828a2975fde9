-- Decides for each placed line whether it counts, with the first reason against it, and its category and cost.
-- reads: placed_lines, member_lines, member_claims, line_roles, claim_roles, rule_carve_outs, rule_categories, run_params
-- writes: decided_lines
-- grain: one final line inside a nominal window
-- key: version_id, claim_line_number
WITH lines AS (
  SELECT h.episode_id, h.is_in_window, l.version_id, l.claim_line_number, l.claim_id, l.version_seq, l.member_id, l.line_start_date, l.claim_type,
    l.is_inpatient, l.paid_cents, l.allowed_cents, l.other_payer_cents,
    CASE WHEN SUBSTRING(l.revenue_center_code, 1, 3) = '045' OR l.revenue_center_code = '0981' OR l.place_of_service_code = '23' THEN 'emergency'
      WHEN l.is_inpatient THEN 'inpatient' ELSE 'other' END AS setting
  FROM placed_lines AS h
  JOIN member_lines AS l ON l.version_id = h.version_id AND l.claim_line_number = h.claim_line_number
),
-- What a line's own codes and its claim's principal diagnosis mean, as far as a carve-out or a category asks.
asked AS (SELECT code_role FROM rule_carve_outs UNION SELECT code_role FROM rule_categories),
meanings AS (
  SELECT r.version_id, r.claim_line_number, r.code_role FROM line_roles AS r SEMI JOIN asked AS a ON a.code_role = r.code_role
  UNION ALL
  SELECT l.version_id, l.claim_line_number, r.code_role
  FROM lines AS l
  JOIN claim_roles AS r ON r.version_id = l.version_id
  SEMI JOIN asked AS a ON a.code_role = r.code_role
  WHERE r.source = 'diagnosis' AND r.position = 1
),
newborn AS (
  SELECT l.version_id, l.claim_line_number FROM lines AS l JOIN member_claims AS c ON c.version_id = l.version_id WHERE c.is_newborn = 1
  UNION
  SELECT version_id, claim_line_number FROM line_roles WHERE code_role = 'newborn'
),
carved AS (
  SELECT m.version_id, m.claim_line_number, MIN(k.position) AS position
  FROM meanings AS m
  JOIN rule_carve_outs AS k ON k.code_role = m.code_role
  GROUP BY m.version_id, m.claim_line_number
),
relevant_claims AS (
  SELECT version_id FROM claim_roles WHERE code_role = 'services_include'
  UNION
  SELECT version_id FROM member_claims WHERE has_delivery_code = 1
),
relevant AS (
  SELECT version_id, claim_line_number FROM line_roles WHERE code_role = 'services_include'
  UNION
  SELECT l.version_id, l.claim_line_number FROM lines AS l SEMI JOIN relevant_claims AS r ON r.version_id = l.version_id
),
-- The first category whose kind of claim, setting and code fit; few kinds of line stand for many lines.
kinds AS (SELECT DISTINCT claim_type, setting, is_inpatient FROM lines),
fitting AS (
  SELECT t.claim_type, t.setting, t.is_inpatient, k.code_role, k.position
  FROM kinds AS t
  CROSS JOIN rule_categories AS k
  WHERE (k.claim_type IS NULL OR k.claim_type = t.claim_type)
    AND (k.setting IS NULL OR k.setting = t.setting OR (k.setting = 'inpatient' AND t.is_inpatient))
),
by_kind AS (
  SELECT claim_type, setting, is_inpatient, MIN(position) AS position FROM fitting WHERE code_role IS NULL GROUP BY claim_type, setting, is_inpatient
),
coded AS (
  SELECT version_id, claim_line_number, code_role FROM meanings WHERE code_role <> 'newborn'
  UNION ALL
  SELECT version_id, claim_line_number, 'newborn' AS code_role FROM newborn
),
by_code AS (
  SELECT l.version_id, l.claim_line_number, MIN(f.position) AS position
  FROM coded AS c
  JOIN lines AS l ON l.version_id = c.version_id AND l.claim_line_number = c.claim_line_number
  JOIN fitting AS f ON f.code_role = c.code_role AND f.claim_type = l.claim_type AND f.setting = l.setting AND f.is_inpatient = l.is_inpatient
  GROUP BY l.version_id, l.claim_line_number
)
SELECT l.episode_id, l.version_id, l.claim_id, l.version_seq, l.claim_line_number, l.member_id, l.line_start_date, l.claim_type, l.is_in_window,
  CASE
    WHEN l.is_in_window = 0 THEN 'earlier_pregnancy'
    WHEN n.version_id IS NOT NULL THEN 'newborn'
    WHEN c.position IS NOT NULL THEN k.reason
    WHEN l.claim_type = 'pharmacy' THEN CASE WHEN p.pharmacy = 'all' OR (p.pharmacy = 'listed' AND r.version_id IS NOT NULL) THEN NULL ELSE 'not_relevant' END
    WHEN p.relevance = 'listed' AND r.version_id IS NULL THEN 'not_relevant'
  END AS reason,
  COALESCE(g.category, 'other') AS category,
  COALESCE(CASE WHEN p.cost_basis = 'allowed' THEN l.allowed_cents ELSE l.paid_cents END, 0) AS cost_cents,
  l.other_payer_cents
FROM lines AS l
CROSS JOIN run_params AS p
LEFT JOIN newborn AS n ON n.version_id = l.version_id AND n.claim_line_number = l.claim_line_number
LEFT JOIN carved AS c ON c.version_id = l.version_id AND c.claim_line_number = l.claim_line_number
LEFT JOIN rule_carve_outs AS k ON k.position = c.position
LEFT JOIN relevant AS r ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number
LEFT JOIN by_code AS b ON b.version_id = l.version_id AND b.claim_line_number = l.claim_line_number
LEFT JOIN by_kind AS t ON t.claim_type = l.claim_type AND t.setting = l.setting AND t.is_inpatient = l.is_inpatient
LEFT JOIN rule_categories AS g ON g.position = LEAST(COALESCE(b.position, t.position), COALESCE(t.position, b.position))
