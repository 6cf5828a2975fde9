-- Takes the professional lines that a case rate can cover: their first role, their fee, and whether an edit to zero may be taken back.
-- reads: case_rate_roles, pregnancy_lines, member_lines, member_claims, line_roles, claim_roles, candidate_diagnoses, rule_carve_outs, entity_types, run_params
-- writes: case_rate_lines
-- grain: one professional line with a code of the case rate
-- key: version_id, claim_line_number
WITH versions AS (SELECT DISTINCT version_id FROM case_rate_roles),
lines AS (
  SELECT l.version_id, l.claim_line_number, l.claim_id, l.version_seq, l.claim_type, l.paid_cents, l.allowed_cents, l.other_payer_cents
  FROM member_lines AS l
  SEMI JOIN case_rate_roles AS m ON m.version_id = l.version_id AND m.claim_line_number = l.claim_line_number
),
pregnant AS (
  SELECT DISTINCT r.version_id FROM claim_roles AS r SEMI JOIN versions AS m ON m.version_id = r.version_id
  WHERE r.source = 'diagnosis' AND r.code_role = 'pregnancy'
),
diagnosed AS (SELECT DISTINCT d.version_id FROM candidate_diagnoses AS d SEMI JOIN versions AS m ON m.version_id = d.version_id),
newborn_claims AS (
  SELECT c.version_id FROM member_claims AS c SEMI JOIN versions AS m ON m.version_id = c.version_id WHERE c.is_newborn = 1
),
own_roles AS (
  SELECT r.version_id, r.claim_line_number, r.code_role
  FROM line_roles AS r
  SEMI JOIN case_rate_roles AS m ON m.version_id = r.version_id AND m.claim_line_number = r.claim_line_number
),
newborn AS (SELECT DISTINCT version_id, claim_line_number FROM own_roles WHERE code_role = 'newborn'),
carved AS (
  SELECT r.version_id, r.claim_line_number FROM own_roles AS r JOIN rule_carve_outs AS k ON k.code_role = r.code_role
  UNION
  SELECT m.version_id, m.claim_line_number
  FROM case_rate_roles AS m
  JOIN claim_roles AS r ON r.version_id = m.version_id
  JOIN rule_carve_outs AS k ON k.code_role = r.code_role
  WHERE r.source = 'diagnosis' AND r.position = 1
),
types AS (SELECT entity_id, MAX(is_excluded) AS is_excluded, MAX(is_allowed) AS is_allowed FROM entity_types GROUP BY entity_id),
taken AS (
  SELECT m.version_id, m.claim_line_number, l.claim_id, l.version_seq, l.claim_type, m.member_id, m.entity_id, m.line_start_date, m.is_covered,
    m.code_role, m.part_count, l.paid_cents, l.other_payer_cents, h.pregnancy_id,
    CASE WHEN l.paid_cents = 0 AND l.allowed_cents > 0 AND l.other_payer_cents = 0 THEN 1 ELSE 0 END AS is_zero_paid,
    CASE WHEN t.is_excluded = 1 OR (p.has_type_allowlist = 1 AND t.is_allowed = 0) THEN 1 ELSE 0 END AS is_turned_away,
    CASE WHEN l.paid_cents = 0 OR m.part_count > 1 THEN GREATEST(COALESCE(l.allowed_cents, l.paid_cents) - l.other_payer_cents, l.paid_cents)
      ELSE l.paid_cents END AS fee_cents
  FROM case_rate_roles AS m
  CROSS JOIN run_params AS p
  JOIN lines AS l ON l.version_id = m.version_id AND l.claim_line_number = m.claim_line_number
  LEFT JOIN pregnancy_lines AS h ON h.version_id = m.version_id AND h.claim_line_number = m.claim_line_number
  LEFT JOIN pregnant AS g ON g.version_id = m.version_id
  LEFT JOIN diagnosed AS d ON d.version_id = m.version_id
  LEFT JOIN newborn_claims AS c ON c.version_id = m.version_id
  LEFT JOIN newborn AS n ON n.version_id = m.version_id AND n.claim_line_number = m.claim_line_number
  LEFT JOIN carved AS k ON k.version_id = m.version_id AND k.claim_line_number = m.claim_line_number
  LEFT JOIN types AS t ON t.entity_id = m.entity_id
  WHERE l.paid_cents >= 0 AND c.version_id IS NULL AND n.version_id IS NULL AND k.version_id IS NULL
    AND (m.code_role <> 'case_rate_service' OR g.version_id IS NOT NULL OR d.version_id IS NULL)
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
