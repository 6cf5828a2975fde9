-- Lists the parts of lines that a case rate covers, covered once, or could have covered, with what is to be corrected on the line's last part.
-- reads: case_rate_parts, settled_lines, calendar_months, run_params
-- writes: zero_pay_lines
-- grain: one part of one line
-- key: claim_id, version_seq, claim_line_number, component
SELECT q.claim_id, q.version_seq, q.claim_line_number, q.component, COALESCE(q.pregnancy_id, '') AS pregnancy_id, q.member_id, q.entity_id, c.month, q.line_start_date, q.fee_cents,
  CASE WHEN q.is_paid_for = 1 THEN q.fee_cents ELSE 0 END AS covered_cents,
  CASE WHEN q.is_last = 1 THEN s.adjustment_cents ELSE 0 END AS adjustment_cents,
  CASE WHEN s.adjustment_cents < 0 THEN 'to_zero' WHEN s.adjustment_cents > 0 THEN 'to_restore' WHEN s.has_cover = 1 THEN 'zero_paid' ELSE 'fee_for_service' END AS status,
  CASE WHEN s.has_cover = 1 THEN p.zero_pay_reason_code ELSE '' END AS reason_code,
  q.paid_cents, q.version_id
FROM case_rate_parts AS q
CROSS JOIN run_params AS p
JOIN settled_lines AS s ON s.version_id = q.version_id AND s.claim_line_number = q.claim_line_number
JOIN calendar_months AS c ON c.month_number = q.month_number
