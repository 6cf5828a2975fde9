-- Keeps, of the results known by the as-of date, the latest of each entity and period; a result without a program is any program's.
-- reads: entity_results, run_params
-- writes: visible_entity_results
-- grain: one entity and period
-- key: program, entity_id, period
WITH ranked AS (
  SELECT r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.entity_id, r.period ORDER BY r.known_date DESC NULLS LAST, r.source_file, r.source_row
    ) AS result_number
  FROM entity_results AS r
  JOIN run_params AS p ON p.program = r.program OR r.program = ''
  WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT
  program, entity_id, period, track, assigned_members, agreement_year, person_years, benchmark_cents, expenditure_cents, loss_limit_cents,
  participant_revenue_cents, disaster_adjustment_cents, minimum_savings_rate, quality_score, sharing_rate, loss_rate, sequestration_rate,
  met_quality_standard, met_alternative_standard, low_revenue, guardrail, agreement_start_date
FROM ranked
WHERE result_number = 1
