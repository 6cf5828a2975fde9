-- Takes the professional lines that a case rate can cover: their first role, their fee, and whether an edit to zero may be taken back.
-- reads: maternity_lines, pregnancy_lines, member_lines, member_claims, line_roles, claim_roles, candidate_diagnoses, rule_carve_outs, rule_components, entity_types, run_params
-- writes: case_rate_lines
-- grain: one professional line with a code of the case rate
-- key: version_id, claim_line_number
WITH parts AS (SELECT code_role, COUNT(*) AS part_count FROM rule_components GROUP BY code_role),
roles AS (
  SELECT version_id, claim_line_number, code_role, part_count
  FROM (
    SELECT r.version_id, r.claim_line_number, r.code_role, k.part_count,
      ROW_NUMBER() OVER (
        PARTITION BY r.version_id, r.claim_line_number
        ORDER BY CASE r.code_role WHEN 'case_rate_global' THEN 1 WHEN 'case_rate_delivery_postpartum' THEN 2 WHEN 'case_rate_antepartum' THEN 3
          WHEN 'case_rate_delivery' THEN 4 WHEN 'case_rate_postpartum' THEN 5 ELSE 6 END
      ) AS role_number
    FROM line_roles AS r
    JOIN parts AS k ON k.code_role = r.code_role
    WHERE r.source = 'hcpcs'
  ) AS ranked
  WHERE role_number = 1
),
pregnant AS (SELECT DISTINCT version_id FROM claim_roles WHERE source = 'diagnosis' AND code_role = 'pregnancy'),
diagnosed AS (SELECT DISTINCT d.version_id FROM candidate_diagnoses AS d SEMI JOIN maternity_lines AS m ON m.version_id = d.version_id),
newborn AS (SELECT DISTINCT version_id, claim_line_number FROM line_roles WHERE code_role = 'newborn'),
carved AS (
  SELECT r.version_id, r.claim_line_number FROM line_roles AS r JOIN rule_carve_outs AS k ON k.code_role = r.code_role
  UNION
  SELECT m.version_id, m.claim_line_number
  FROM maternity_lines AS m
  JOIN claim_roles AS r ON r.version_id = m.version_id
  JOIN rule_carve_outs AS k ON k.code_role = r.code_role
  WHERE r.source = 'diagnosis' AND r.position = 1
),
types AS (SELECT entity_id, MAX(is_excluded) AS is_excluded, MAX(is_allowed) AS is_allowed FROM entity_types GROUP BY entity_id),
taken AS (
  SELECT m.version_id, m.claim_line_number, l.claim_id, l.version_seq, l.claim_type, m.member_id, m.entity_id, m.line_start_date, m.is_covered,
    r.code_role, r.part_count, l.paid_cents, l.other_payer_cents, h.pregnancy_id,
    CASE WHEN l.paid_cents = 0 AND l.allowed_cents > 0 AND l.other_payer_cents = 0 THEN 1 ELSE 0 END AS is_zero_paid,
    CASE WHEN t.is_excluded = 1 OR (p.has_type_allowlist = 1 AND t.is_allowed = 0) THEN 1 ELSE 0 END AS is_turned_away,
    CASE WHEN l.paid_cents = 0 OR r.part_count > 1 THEN GREATEST(COALESCE(l.allowed_cents, l.paid_cents) - l.other_payer_cents, l.paid_cents)
      ELSE l.paid_cents END AS fee_cents
  FROM maternity_lines AS m
  CROSS JOIN run_params AS p
  JOIN roles AS r ON r.version_id = m.version_id AND r.claim_line_number = m.claim_line_number
  JOIN member_lines AS l ON l.version_id = m.version_id AND l.claim_line_number = m.claim_line_number
  JOIN member_claims AS c ON c.version_id = m.version_id
  LEFT JOIN pregnancy_lines AS h ON h.version_id = m.version_id AND h.claim_line_number = m.claim_line_number
  LEFT JOIN pregnant AS g ON g.version_id = m.version_id
  LEFT JOIN diagnosed AS d ON d.version_id = m.version_id
  LEFT JOIN newborn AS n ON n.version_id = m.version_id AND n.claim_line_number = m.claim_line_number
  LEFT JOIN carved AS k ON k.version_id = m.version_id AND k.claim_line_number = m.claim_line_number
  LEFT JOIN types AS t ON t.entity_id = m.entity_id
  WHERE p.go_live IS NOT NULL AND l.paid_cents >= 0 AND c.is_newborn = 0 AND n.version_id IS NULL AND k.version_id IS NULL
    AND (r.code_role <> 'case_rate_service' OR g.version_id IS NOT NULL OR d.version_id IS NULL)
),
-- A package that was paid pays for its visits: they come at zero whether or not there is a case rate.
packages AS (
  SELECT DISTINCT member_id, entity_id, COALESCE(pregnancy_id, '') AS pregnancy_key
  FROM taken
  WHERE code_role IN ('case_rate_global', 'case_rate_antepartum') AND paid_cents > 0
)
SELECT t.*,
  CASE WHEN is_turned_away = 0 AND is_covered = 1 AND other_payer_cents = 0 AND (t.code_role <> 'case_rate_service' OR k.entity_id IS NULL)
    THEN 1 ELSE 0 END AS may_restore
FROM taken AS t
LEFT JOIN packages AS k ON k.member_id = t.member_id AND k.entity_id = t.entity_id AND k.pregnancy_key = COALESCE(t.pregnancy_id, '')
