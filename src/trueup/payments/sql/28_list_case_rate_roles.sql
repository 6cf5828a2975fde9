-- Lists the professional lines with a code of the case rate, each with its first role, and whether another of its codes keeps it out: few of all lines, so that what follows looks at these alone.
-- reads: maternity_lines, line_roles, rule_components, rule_carve_outs, run_params
-- writes: case_rate_roles
-- grain: one professional line with a code of the case rate
-- key: version_id, claim_line_number
WITH parts AS (
  SELECT code_role, COUNT(*) AS part_count,
    ROW_NUMBER() OVER (
      ORDER BY CASE code_role WHEN 'case_rate_global' THEN 1 WHEN 'case_rate_delivery_postpartum' THEN 2 WHEN 'case_rate_antepartum' THEN 3
        WHEN 'case_rate_delivery' THEN 4 WHEN 'case_rate_postpartum' THEN 5 ELSE 6 END, code_role
    ) AS role_rank
  FROM rule_components
  GROUP BY code_role
),
kept_out AS (SELECT code_role FROM rule_carve_outs UNION SELECT 'newborn' AS code_role FROM run_params),
marked AS (
  SELECT r.version_id, r.claim_line_number, MIN(CASE WHEN r.source = 'hcpcs' THEN k.role_rank END) AS role_rank,
    MAX(CASE WHEN o.code_role IS NOT NULL THEN 1 ELSE 0 END) AS is_kept_out
  FROM line_roles AS r
  SEMI JOIN maternity_lines AS m ON m.version_id = r.version_id AND m.claim_line_number = r.claim_line_number
  LEFT JOIN parts AS k ON k.code_role = r.code_role
  LEFT JOIN kept_out AS o ON o.code_role = r.code_role
  GROUP BY r.version_id, r.claim_line_number
)
SELECT m.version_id, m.claim_line_number, m.member_id, m.entity_id, m.line_start_date, m.is_covered, k.code_role, k.part_count, r.is_kept_out
FROM maternity_lines AS m
CROSS JOIN run_params AS p
JOIN marked AS r ON r.version_id = m.version_id AND r.claim_line_number = m.claim_line_number
JOIN parts AS k ON k.role_rank = r.role_rank
WHERE p.go_live IS NOT NULL
