-- Takes the professional lines that a case rate can cover: their first role, their fee, and whether an edit to zero may be taken back.
-- reads: case_rate_roles, case_rate_claims, pregnancy_lines, member_lines, entity_types, run_params
-- writes: case_rate_lines
-- grain: one professional line with a code of the case rate
-- key: version_id, claim_line_number
WITH types AS (SELECT entity_id, MAX(is_excluded) AS is_excluded, MAX(is_allowed) AS is_allowed FROM entity_types GROUP BY entity_id),
taken AS (
  SELECT m.version_id, m.claim_line_number, l.claim_id, l.version_seq, l.claim_type, m.member_id, m.entity_id, m.line_start_date, m.is_covered,
    m.code_role, m.part_count, l.paid_cents, l.other_payer_cents, h.pregnancy_id,
    CASE WHEN l.paid_cents = 0 AND l.allowed_cents > 0 AND l.other_payer_cents = 0 THEN 1 ELSE 0 END AS is_zero_paid,
    CASE WHEN t.is_excluded = 1 OR (p.has_type_allowlist = 1 AND t.is_allowed = 0) THEN 1 ELSE 0 END AS is_turned_away,
    CASE WHEN l.paid_cents = 0 OR m.part_count > 1 THEN GREATEST(COALESCE(l.allowed_cents, l.paid_cents) - l.other_payer_cents, l.paid_cents)
      ELSE l.paid_cents END AS fee_cents
  FROM case_rate_roles AS m
  CROSS JOIN run_params AS p
  JOIN member_lines AS l ON l.version_id = m.version_id AND l.claim_line_number = m.claim_line_number
  JOIN case_rate_claims AS c ON c.version_id = m.version_id
  LEFT JOIN pregnancy_lines AS h ON h.version_id = m.version_id AND h.claim_line_number = m.claim_line_number
  LEFT JOIN types AS t ON t.entity_id = m.entity_id
  WHERE l.paid_cents >= 0 AND m.is_kept_out = 0 AND c.is_kept_out = 0
    AND (m.code_role <> 'case_rate_service' OR c.is_pregnant = 1 OR c.has_diagnosis = 0)
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
