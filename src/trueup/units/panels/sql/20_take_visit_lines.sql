-- Takes the professional lines with a primary-care visit code, by providers of the types that count.
-- reads: final_lines, rule_codes, final_provider, rule_panel_types, run_params
-- writes: visit_lines
-- grain: one final line with a primary-care visit
-- key: version_id, claim_line_number
WITH codes AS (SELECT code, effective_from, effective_to FROM rule_codes WHERE code_role = 'primary_care_visit' AND code_system = 'hcpcs'),
types AS (
  SELECT DISTINCT r.npi FROM final_provider AS r JOIN rule_panel_types AS t ON t.provider_type = r.provider_type
)
SELECT DISTINCT l.version_id, l.claim_line_number, l.member_id, l.line_start_date AS visit_date,
  COALESCE(l.rendering_npi, l.billing_npi) AS npi, l.billing_tin, l.billing_npi,
  COALESCE(CASE WHEN p.cost_basis = 'allowed' THEN l.allowed_cents ELSE l.paid_cents END, 0) AS visit_cents
FROM final_lines AS l
CROSS JOIN run_params AS p
JOIN codes AS c ON c.code = l.hcpcs_code
LEFT JOIN types AS t ON t.npi = COALESCE(l.rendering_npi, l.billing_npi)
WHERE l.claim_type = 'professional' AND l.line_start_date >= c.effective_from AND l.line_start_date < c.effective_to
  AND COALESCE(l.rendering_npi, l.billing_npi) IS NOT NULL AND (p.has_panel_types = 0 OR t.npi IS NOT NULL)
