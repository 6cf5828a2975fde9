-- Keeps what was found for every criterion of every unit in a population, met or not.
-- reads: measure_results, event_findings, fact_findings
-- writes: measure_evidence
-- grain: one criterion of one unit for which something was found
-- key: measure_id, unit_id, part, criterion
SELECT e.measure_id, e.unit_id, e.part, e.criterion, e.is_met = 1 AS is_met, e.event_count, e.first_date, e.claim_id, CAST(NULL AS BIGINT) AS fact_value
FROM event_findings AS e
SEMI JOIN measure_results AS r ON r.measure_id = e.measure_id AND r.unit_id = e.unit_id
UNION ALL
SELECT f.measure_id, f.unit_id, f.part, f.criterion, f.is_met = 1 AS is_met, CAST(NULL AS BIGINT) AS event_count, CAST(NULL AS DATE) AS first_date,
  CAST(NULL AS VARCHAR) AS claim_id, f.fact_value
FROM fact_findings AS f
SEMI JOIN measure_results AS r ON r.measure_id = f.measure_id AND r.unit_id = f.unit_id
