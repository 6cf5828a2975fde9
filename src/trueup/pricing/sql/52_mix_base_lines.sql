-- Sums the base dollars behind case rates and targets by entity, type of service and month, so that completion meets what a price rests on.
-- reads: base_episodes, decided_lines, base_covered_lines, base_case_rates, member_lines, run_params
-- writes: base_mix
-- grain: one scope, entity, cohort, covering entity, type of service and month of service
-- key: scope, entity_id, cohort, covered_by, service_type, service_month_number
WITH covered AS (
  SELECT c.episode_id, c.entity_id AS covered_by, c.claim_id, c.version_seq, c.claim_line_number, c.claim_type, l.line_start_date, l.paid_cents,
    CAST(SUM(c.covered_cents) AS BIGINT) AS covered_cents
  FROM base_covered_lines AS c
  JOIN member_lines AS l ON l.claim_id = c.claim_id AND l.version_seq = c.version_seq AND l.claim_line_number = c.claim_line_number
  GROUP BY c.episode_id, c.entity_id, c.claim_id, c.version_seq, c.claim_line_number, c.claim_type, l.line_start_date, l.paid_cents
),
used AS (SELECT episode_id, entity_id, cohort FROM base_episodes WHERE exclusion_reasons = ''),
priced AS (
  SELECT 'episode' AS scope, b.entity_id, b.cohort, '' AS covered_by, d.claim_type, d.line_start_date, d.cost_cents AS cents
  FROM used AS b
  JOIN decided_lines AS d ON d.episode_id = b.episode_id
  WHERE d.reason IS NULL
  UNION ALL
  -- A line that a case rate paid at zero counts at its price.
  SELECT 'episode' AS scope, b.entity_id, b.cohort, '' AS covered_by, c.claim_type, c.line_start_date, c.covered_cents AS cents
  FROM used AS b
  JOIN covered AS c ON c.episode_id = b.episode_id
  CROSS JOIN run_params AS p
  WHERE p.cost_basis = 'paid' AND c.paid_cents = 0
  UNION ALL
  -- What a published case rate stands for is taken off again, entity by entity.
  SELECT 'episode' AS scope, b.entity_id, b.cohort, c.covered_by, c.claim_type, c.line_start_date, -c.covered_cents AS cents
  FROM used AS b
  JOIN covered AS c ON c.episode_id = b.episode_id
  UNION ALL
  SELECT 'case_rate' AS scope, c.entity_id, r.end_kind AS cohort, '' AS covered_by, c.claim_type, CAST(c.month || '-01' AS DATE) AS line_start_date,
    c.covered_cents AS cents
  FROM base_covered_lines AS c
  JOIN base_case_rates AS r ON r.pregnancy_id = c.pregnancy_id AND r.entity_id = c.entity_id
)
SELECT scope, COALESCE(entity_id, '') AS entity_id, cohort, covered_by,
  CASE claim_type WHEN 'pharmacy' THEN 'pharmacy' WHEN 'institutional' THEN 'facility' ELSE 'professional' END AS service_type,
  YEAR(line_start_date) * 12 + MONTH(line_start_date) - 1 AS service_month_number,
  CAST(SUM(cents) AS BIGINT) AS cents
FROM priced
GROUP BY 1, 2, 3, 4, 5, 6
