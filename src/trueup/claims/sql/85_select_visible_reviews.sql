-- Keeps, of the reviews known by the as-of date, the latest state of each flag.
-- reads: reviews, run_params
-- writes: visible_reviews
-- grain: one flag of an entity and period
-- key: entity_id, period, flag_id
WITH ranked AS (
  SELECT r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.entity_id, r.period, r.flag_id ORDER BY r.known_date DESC NULLS LAST, r.source_file, r.source_row
    ) AS row_number
  FROM reviews AS r
  JOIN run_params AS p ON p.program = r.program
  WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT program, entity_id, period, flag_id, outcome, reviewer, evidence, decided_on FROM ranked WHERE row_number = 1
