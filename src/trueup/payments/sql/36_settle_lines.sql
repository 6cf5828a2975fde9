-- Compares what each line paid with what it is entitled to beside the case rate.
-- reads: case_rate_parts, run_params
-- writes: settled_lines
-- grain: one line with parts of care that a case rate covers or could have covered
-- key: version_id, claim_line_number
WITH lines AS (
  SELECT version_id, claim_line_number, MIN(paid_cents) AS paid_cents, MAX(is_zero_paid) AS is_zero_paid, MIN(line_fee_cents) AS fee_cents,
    MIN(may_restore) AS may_restore, MIN(part_count) AS part_count,
    CAST(SUM(CASE WHEN is_paid_for = 1 THEN fee_cents ELSE 0 END) AS BIGINT) AS covered_cents,
    MAX(is_paid_for) AS has_cover,
    CAST(SUM(CASE WHEN component = 'antepartum' THEN fee_cents ELSE 0 END) AS BIGINT) AS antepartum_cents,
    CAST(SUM(CASE WHEN component = 'delivery' THEN fee_cents ELSE 0 END) AS BIGINT) AS delivery_cents,
    CAST(SUM(CASE WHEN component = 'postpartum' THEN fee_cents ELSE 0 END) AS BIGINT) AS postpartum_cents
  FROM case_rate_parts AS q
  CROSS JOIN run_params AS p
  WHERE q.line_start_date >= CAST(p.go_live - INTERVAL (DAY(p.go_live) - 1) DAY AS DATE) AND q.month_number <= p.through_month_number
  GROUP BY version_id, claim_line_number
),
compared AS (
  SELECT l.*, fee_cents - covered_cents - paid_cents AS difference_cents,
    -- A shortfall is an edit's only if it is the whole line, or exactly some of its parts.
    CASE WHEN may_restore = 0 THEN 0
      WHEN is_zero_paid = 1 THEN 1
      WHEN part_count > 1 AND fee_cents - paid_cents IN (
        antepartum_cents, delivery_cents, postpartum_cents, antepartum_cents + delivery_cents, antepartum_cents + postpartum_cents, delivery_cents + postpartum_cents
      ) THEN 1
      ELSE 0 END AS is_edited
  FROM lines AS l
)
SELECT version_id, claim_line_number, paid_cents, fee_cents, covered_cents, has_cover,
  CASE WHEN difference_cents > 0 AND is_edited = 0 THEN 0 ELSE difference_cents END AS adjustment_cents
FROM compared
