-- Lists the professional lines with a code of the case rate, each with its first role: few of all lines, so that what follows looks at these alone.
-- reads: maternity_lines, line_roles, rule_components, run_params
-- writes: case_rate_roles
-- grain: one professional line with a code of the case rate
-- key: version_id, claim_line_number
WITH parts AS (SELECT code_role, COUNT(*) AS part_count FROM rule_components GROUP BY code_role),
ranked AS (
  SELECT r.version_id, r.claim_line_number, r.code_role, k.part_count,
    ROW_NUMBER() OVER (
      PARTITION BY r.version_id, r.claim_line_number
      ORDER BY CASE r.code_role WHEN 'case_rate_global' THEN 1 WHEN 'case_rate_delivery_postpartum' THEN 2 WHEN 'case_rate_antepartum' THEN 3
        WHEN 'case_rate_delivery' THEN 4 WHEN 'case_rate_postpartum' THEN 5 ELSE 6 END
    ) AS role_number
  FROM line_roles AS r
  JOIN parts AS k ON k.code_role = r.code_role
  WHERE r.source = 'hcpcs'
)
SELECT m.version_id, m.claim_line_number, m.member_id, m.entity_id, m.line_start_date, m.is_covered, r.code_role, r.part_count
FROM maternity_lines AS m
CROSS JOIN run_params AS p
JOIN ranked AS r ON r.version_id = m.version_id AND r.claim_line_number = m.claim_line_number
WHERE r.role_number = 1 AND p.go_live IS NOT NULL
