-- Splits each line's fee into its parts of care, and says which months of its own entity cover them: paid ones, and those of the replay.
-- reads: case_rate_lines, case_rate_months, pregnancies, entity_gates, rule_periods, rule_components, run_params
-- writes: case_rate_parts
-- grain: one part of one line
-- key: version_id, claim_line_number, component
WITH spans AS (
  SELECT pregnancy_id, entity_id, MIN(first_trigger_date) AS first_trigger_date,
    MIN(CASE WHEN paid THEN month_number END) AS first_paid_month, MAX(CASE WHEN paid THEN month_number END) AS last_paid_month,
    MIN(CASE WHEN is_replayed = 1 THEN month_number END) AS first_replayed_month, MAX(CASE WHEN is_replayed = 1 THEN month_number END) AS last_replayed_month
  FROM case_rate_months
  GROUP BY pregnancy_id, entity_id
),
components AS (
  SELECT code_role, position, component, is_last,
    CAST(SUM(basis_points) OVER (PARTITION BY code_role ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS basis_points_so_far
  FROM rule_components
),
split AS (
  SELECT l.version_id, l.claim_line_number, l.claim_id, l.version_seq, l.claim_type, l.member_id, l.entity_id, l.line_start_date, l.paid_cents, l.is_zero_paid,
    l.may_restore, l.part_count, l.fee_cents AS line_fee_cents, l.pregnancy_id, k.position, k.component, k.is_last,
    YEAR(l.line_start_date) * 12 + MONTH(l.line_start_date) - 1 AS month_number,
    b.episode_id, b.end_kind, b.end_date, YEAR(b.end_date) * 12 + MONTH(b.end_date) - 1 AS end_month, b.end_kind IN ('live_birth', 'stillbirth') AS is_birth,
    s.first_trigger_date, s.first_paid_month, s.last_paid_month, s.first_replayed_month, s.last_replayed_month,
    -- The parts so far are rounded together, so that no rest can fall below zero.
    CASE WHEN k.is_last = 1 THEN l.fee_cents ELSE (l.fee_cents * k.basis_points_so_far * 2 + 10000) // 20000 END AS cents_so_far
  FROM case_rate_lines AS l
  JOIN components AS k ON k.code_role = l.code_role
  LEFT JOIN pregnancies AS b ON b.pregnancy_id = l.pregnancy_id
  LEFT JOIN spans AS s ON s.pregnancy_id = l.pregnancy_id AND s.entity_id = l.entity_id
  LEFT JOIN rule_periods AS o ON o.role = 'performance' AND l.line_start_date >= o.first_day AND l.line_start_date <= o.last_day
  LEFT JOIN entity_gates AS g ON g.entity_id = l.entity_id AND g.period = o.period
  -- Without a month of its entity, a line is of interest only if an edit may have paid it at zero.
  WHERE s.pregnancy_id IS NOT NULL OR (l.is_zero_paid = 1 AND g.accountable)
),
priced AS (
  SELECT s.*,
    cents_so_far - COALESCE(LAG(cents_so_far) OVER (PARTITION BY version_id, claim_line_number ORDER BY position), 0) AS fee_cents
  FROM split AS s
),
fitted AS (
  SELECT q.*,
    CASE q.component
      WHEN 'visit' THEN CASE WHEN (NOT q.is_birth OR q.line_start_date <= CAST(q.end_date + INTERVAL (p.days_after) DAY AS DATE))
        AND (p.trigger_month = 'whole' OR q.line_start_date >= q.first_trigger_date) THEN q.month_number END
      WHEN 'delivery' THEN CASE WHEN q.is_birth AND p.includes_delivery_professional = 1 THEN q.end_month END
    END AS needed_month
  FROM priced AS q
  CROSS JOIN run_params AS p
)
SELECT f.version_id, f.claim_line_number, f.claim_id, f.version_seq, f.claim_type, f.member_id, f.entity_id, f.line_start_date, f.month_number,
  f.component, f.is_last, f.part_count, f.pregnancy_id, f.episode_id, f.end_kind, f.end_date, f.paid_cents, f.is_zero_paid, f.may_restore,
  f.line_fee_cents, f.fee_cents,
  CASE f.component
    WHEN 'antepartum' THEN CASE WHEN f.first_paid_month IS NOT NULL AND (NOT f.is_birth OR f.first_paid_month <= f.end_month) THEN 1 ELSE 0 END
    WHEN 'postpartum' THEN CASE WHEN f.is_birth AND f.last_paid_month >= f.end_month THEN 1 ELSE 0 END
    ELSE CASE WHEN m.paid THEN 1 ELSE 0 END
  END AS is_paid_for,
  CASE f.component
    WHEN 'antepartum' THEN CASE WHEN f.first_replayed_month IS NOT NULL AND (NOT f.is_birth OR f.first_replayed_month <= f.end_month) THEN 1 ELSE 0 END
    WHEN 'postpartum' THEN CASE WHEN f.is_birth AND f.last_replayed_month >= f.end_month THEN 1 ELSE 0 END
    ELSE CASE WHEN m.is_replayed = 1 THEN 1 ELSE 0 END
  END AS is_replayed
FROM fitted AS f
LEFT JOIN case_rate_months AS m ON m.pregnancy_id = f.pregnancy_id AND m.entity_id = f.entity_id AND m.month_number = f.needed_month
