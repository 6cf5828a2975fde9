-- I-16: an entity, member and month whose case rate is not the one paid month's, or that is paid twice or outside the pregnancy's months.
-- reads: payments, case_rate_months
-- writes: check_payments_follow_months
-- grain: one entity, member and first day of a month
-- key: entity_id, member_id, first_day
WITH stated AS (
  SELECT entity_id, member_id, period_start_date AS first_day, COUNT(*) AS payments, CAST(SUM(amount_cents) AS BIGINT) AS cents
  FROM payments
  WHERE purpose = 'case_rate'
  GROUP BY entity_id, member_id, period_start_date
),
paid AS (
  SELECT entity_id, member_id, first_day, MIN(rate_amount_cents) AS least_cents, MAX(rate_amount_cents) AS most_cents
  FROM case_rate_months
  WHERE paid
  GROUP BY entity_id, member_id, first_day
)
SELECT COALESCE(s.entity_id, m.entity_id) AS entity_id, COALESCE(s.member_id, m.member_id) AS member_id, COALESCE(s.first_day, m.first_day) AS first_day, s.payments, s.cents
FROM stated AS s
FULL JOIN paid AS m ON m.entity_id = s.entity_id AND m.member_id = s.member_id AND m.first_day = s.first_day
WHERE s.entity_id IS NULL OR m.entity_id IS NULL OR s.payments <> 1 OR s.cents < m.least_cents OR s.cents > m.most_cents
