-- A claim whose correction is not the sum of its lines' adjustments.
-- reads: payments, zero_pay_lines
-- writes: check_corrections_follow_lines
-- grain: one entity, member and claim
-- key: entity_id, member_id, claim_id
WITH both_sides AS (
  SELECT entity_id, member_id, claim_id, amount_cents AS stated_cents, 0 AS line_cents, 1 AS payments FROM payments WHERE purpose = 'ffs_adjustment'
  UNION ALL
  SELECT entity_id, member_id, claim_id, 0 AS stated_cents, adjustment_cents AS line_cents, 0 AS payments FROM zero_pay_lines
)
SELECT entity_id, member_id, claim_id, CAST(SUM(stated_cents) AS BIGINT) AS stated_cents, CAST(SUM(line_cents) AS BIGINT) AS line_cents
FROM both_sides
GROUP BY entity_id, member_id, claim_id
HAVING CAST(SUM(stated_cents) AS BIGINT) <> CAST(SUM(line_cents) AS BIGINT) OR CAST(SUM(payments) AS BIGINT) > 1
