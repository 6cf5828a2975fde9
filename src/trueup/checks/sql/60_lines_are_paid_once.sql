-- I-15: a line of the case rate that would end below zero or above its fee, or that keeps dollars though a case rate covers it whole.
-- reads: zero_pay_lines, settled_lines
-- writes: check_lines_are_paid_once
-- grain: one line out of balance
-- key: version_id, claim_line_number
WITH lines AS (
  SELECT version_id, claim_line_number, CAST(SUM(fee_cents) AS BIGINT) AS fee_cents, CAST(SUM(covered_cents) AS BIGINT) AS covered_cents,
    CAST(SUM(adjustment_cents) AS BIGINT) AS adjustment_cents, MIN(paid_cents) AS paid_cents,
    MAX(CASE WHEN fee_cents < 0 OR covered_cents NOT IN (0, fee_cents) THEN 1 ELSE 0 END) AS is_odd
  FROM zero_pay_lines
  GROUP BY version_id, claim_line_number
)
SELECT l.version_id, l.claim_line_number, l.fee_cents, l.covered_cents, l.paid_cents, l.adjustment_cents
FROM lines AS l
JOIN settled_lines AS s ON s.version_id = l.version_id AND s.claim_line_number = l.claim_line_number
WHERE l.is_odd = 1 OR l.fee_cents <> s.fee_cents OR l.covered_cents <> s.covered_cents OR l.adjustment_cents <> s.adjustment_cents
  OR l.paid_cents + l.adjustment_cents < 0 OR l.paid_cents + l.adjustment_cents > l.fee_cents
  OR (l.covered_cents = l.fee_cents AND l.paid_cents + l.adjustment_cents <> 0)
  OR (l.adjustment_cents <> 0 AND l.covered_cents + l.paid_cents + l.adjustment_cents <> l.fee_cents)
