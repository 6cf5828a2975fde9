-- Lists the parts of lines those months would have covered: the numerator of a rate.
-- reads: case_rate_parts, calendar_months
-- writes: base_covered_lines
-- grain: one part of one line
-- key: claim_id, version_seq, claim_line_number, component
SELECT q.pregnancy_id, q.episode_id, q.end_kind, q.end_date, q.entity_id, q.claim_id, q.version_seq, q.claim_line_number, q.component, c.month, q.claim_type,
  q.fee_cents AS covered_cents
FROM case_rate_parts AS q
JOIN calendar_months AS c ON c.month_number = q.month_number
WHERE q.is_replayed = 1
