-- Sums the base dollars behind case rates and targets by entity, type of service and month, so that completion meets what a price rests on.
-- reads: base_episodes, decided_lines, base_covered_lines, base_case_rates, run_params
-- writes: base_mix
-- grain: one scope, entity, cohort, type of service and month of service
-- key: scope, entity_id, cohort, service_type, service_month_number
WITH covered AS (
  SELECT c.claim_id, c.version_seq, c.claim_line_number, CAST(SUM(c.covered_cents) AS BIGINT) AS covered_cents
  FROM base_covered_lines AS c
  GROUP BY c.claim_id, c.version_seq, c.claim_line_number
),
priced AS (
  SELECT 'episode' AS scope, b.entity_id, b.cohort, d.claim_type, d.line_start_date, 
    CASE WHEN p.price_basis = 'case_rate_and_ffs' THEN d.cost_cents - COALESCE(c.covered_cents, 0) ELSE d.cost_cents END AS cents
  FROM base_episodes AS b
  CROSS JOIN run_params AS p
  JOIN decided_lines AS d ON d.episode_id = b.episode_id
  LEFT JOIN covered AS c ON c.claim_id = d.claim_id AND c.version_seq = d.version_seq AND c.claim_line_number = d.claim_line_number
  WHERE b.exclusion_reasons = '' AND d.reason IS NULL
  UNION ALL
  SELECT 'case_rate' AS scope, c.entity_id, '' AS cohort, c.claim_type, CAST(c.month || '-01' AS DATE) AS line_start_date, c.covered_cents AS cents
  FROM base_covered_lines AS c
  SEMI JOIN base_case_rates AS r ON r.pregnancy_id = c.pregnancy_id AND r.entity_id = c.entity_id
)
SELECT scope, COALESCE(entity_id, '') AS entity_id, cohort,
  CASE claim_type WHEN 'pharmacy' THEN 'pharmacy' WHEN 'institutional' THEN 'facility' ELSE 'professional' END AS service_type,
  YEAR(line_start_date) * 12 + MONTH(line_start_date) - 1 AS service_month_number,
  CAST(SUM(cents) AS BIGINT) AS cents
FROM priced
GROUP BY 1, 2, 3, 4, 5
