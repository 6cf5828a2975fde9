-- Decides which entities can be accountable in each period: provider type, and deliveries in the look-back.
-- reads: attribution_candidates, deliverers, entity_activity, maternity_lines, member_lines, episode_units, entity_types, rule_periods, run_params
-- writes: entity_gates
-- grain: one entity in one period
-- key: entity_id, period
WITH entities AS (
  SELECT DISTINCT entity_id FROM attribution_candidates
  UNION
  SELECT DISTINCT entity_id FROM deliverers
  UNION
  SELECT DISTINCT entity_id FROM entity_activity WHERE is_trigger = 1
  UNION
  SELECT m.entity_id
  FROM maternity_lines AS m
  JOIN member_lines AS l ON l.version_id = m.version_id AND l.claim_line_number = m.claim_line_number
  WHERE l.paid_cents = 0 AND l.allowed_cents > 0
),
periods AS (
  SELECT period FROM rule_periods
  UNION
  SELECT 'outside_periods' AS period
),
deliveries AS (
  SELECT d.entity_id, e.episode_id, e.period,
    CASE WHEN e.delivery_date >= p.lookback_first_day AND e.delivery_date <= p.lookback_last_day THEN 1 ELSE 0 END AS is_in_lookback
  FROM deliverers AS d
  JOIN episode_units AS e ON e.episode_id = d.episode_id
  CROSS JOIN run_params AS p
  WHERE d.candidate_rank = 1 AND e.is_too_soon = 0
),
history AS (SELECT COALESCE(MAX(is_in_lookback), 0) AS has_lookback FROM deliveries),
lookback_counts AS (SELECT entity_id, CAST(SUM(is_in_lookback) AS BIGINT) AS deliveries FROM deliveries GROUP BY entity_id),
period_counts AS (SELECT entity_id, period, COUNT(*) AS deliveries FROM deliveries GROUP BY entity_id, period),
types AS (
  SELECT entity_id, MIN(provider_type) AS provider_type, MAX(is_excluded) AS is_excluded, MAX(is_allowed) AS is_allowed FROM entity_types GROUP BY entity_id
),
counted AS (
  SELECT n.entity_id, q.period, t.provider_type, t.is_excluded, t.is_allowed,
    CASE WHEN h.has_lookback = 1 THEN COALESCE(k.deliveries, 0) WHEN p.when_lookback_empty = 'own_period' THEN COALESCE(c.deliveries, 0) ELSE 0 END AS delivery_count,
    CASE WHEN h.has_lookback = 0 AND p.when_lookback_empty = 'own_period' THEN q.period ELSE p.lookback_period END AS counted_in,
    p.min_deliveries, p.min_deliveries_operator, p.has_type_allowlist
  FROM entities AS n
  CROSS JOIN periods AS q
  CROSS JOIN history AS h
  CROSS JOIN run_params AS p
  LEFT JOIN types AS t ON t.entity_id = n.entity_id
  LEFT JOIN lookback_counts AS k ON k.entity_id = n.entity_id
  LEFT JOIN period_counts AS c ON c.entity_id = n.entity_id AND c.period = q.period
),
judged AS (
  SELECT c.*,
    CASE
      WHEN is_excluded = 1 THEN 'excluded_provider_type'
      WHEN has_type_allowlist = 1 AND provider_type IS NOT NULL AND is_allowed = 0 THEN 'provider_type_not_allowed'
      WHEN min_deliveries IS NOT NULL AND min_deliveries_operator = 'ge' AND delivery_count < min_deliveries THEN 'below_volume'
      WHEN min_deliveries IS NOT NULL AND min_deliveries_operator = 'gt' AND delivery_count <= min_deliveries THEN 'below_volume'
    END AS reason
  FROM counted AS c
)
SELECT entity_id, period, provider_type, delivery_count, counted_in, reason IS NULL AS accountable, reason FROM judged
