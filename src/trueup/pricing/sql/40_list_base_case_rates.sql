-- Lists the pay cycle replayed on the base: pregnancies that ended in the base period, the months each entity would have been paid, its dollars.
-- reads: base_case_rate_months, base_covered_lines, episodes, rule_periods, run_params
-- writes: base_case_rates
-- grain: one entity in one pregnancy of the base
-- key: pregnancy_id, entity_id
WITH covered AS (
  SELECT pregnancy_id, entity_id, CAST(SUM(covered_cents) AS BIGINT) AS covered_cents
  FROM base_covered_lines
  GROUP BY pregnancy_id, entity_id
),
lines AS (
  SELECT pregnancy_id, entity_id, COUNT(*) AS covered_lines
  FROM (SELECT DISTINCT pregnancy_id, entity_id, claim_id, version_seq, claim_line_number FROM base_covered_lines) AS d
  GROUP BY pregnancy_id, entity_id
)
SELECT m.pregnancy_id, m.entity_id, m.end_kind, m.months, COALESCE(c.covered_cents, 0) AS covered_cents, COALESCE(l.covered_lines, 0) AS covered_lines,
  e.risk_score
FROM base_case_rate_months AS m
CROSS JOIN run_params AS p
JOIN rule_periods AS r ON r.period = p.baseline_period
LEFT JOIN covered AS c ON c.pregnancy_id = m.pregnancy_id AND c.entity_id = m.entity_id
LEFT JOIN lines AS l ON l.pregnancy_id = m.pregnancy_id AND l.entity_id = m.entity_id
LEFT JOIN episodes AS e ON e.episode_id = m.episode_id
WHERE m.end_kind <> 'open' AND m.end_date >= r.first_day AND m.end_date <= r.last_day
