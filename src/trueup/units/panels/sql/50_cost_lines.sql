-- Gives each final line in a panel month its place: counted in the panel's cost, or the reason why not.
-- reads: final_lines, panel_months, visit_lines, run_params
-- writes: panel_lines
-- grain: one final line of a member in a covered month
-- key: version_id, claim_line_number
SELECT l.version_id, l.claim_line_number, l.claim_id, l.version_seq, l.member_id, l.line_start_date, m.period, m.month_number, m.payer,
  m.entity_id, m.contract_id,
  CASE WHEN m.entity_id IS NULL THEN 'not_attributed' WHEN l.claim_type = 'pharmacy' AND p.pharmacy = 'left_out' THEN 'pharmacy' END AS reason,
  CASE WHEN v.version_id IS NOT NULL THEN 1 ELSE 0 END AS is_primary_care,
  COALESCE(CASE WHEN p.cost_basis = 'allowed' THEN l.allowed_cents ELSE l.paid_cents END, 0) AS cost_cents
FROM final_lines AS l
CROSS JOIN run_params AS p
JOIN panel_months AS m ON m.member_id = l.member_id AND m.month_number = YEAR(l.line_start_date) * 12 + MONTH(l.line_start_date) - 1
LEFT JOIN visit_lines AS v ON v.version_id = l.version_id AND v.claim_line_number = l.claim_line_number
