-- Keeps, of the gate results known by the as-of date, the latest of each gate.
-- reads: gate_results, run_params
-- writes: visible_gate_results
-- grain: one gate of an entity and period
-- key: program, entity_id, period, gate
WITH ranked AS (
  SELECT r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.program, r.entity_id, r.period, r.gate ORDER BY r.known_date DESC NULLS LAST, r.source_file, r.source_row
    ) AS result_number
  FROM gate_results AS r
  CROSS JOIN run_params AS p
  WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT program, entity_id, period, gate, passed, score, multiplier FROM ranked WHERE result_number = 1
