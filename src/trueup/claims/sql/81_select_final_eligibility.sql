-- Keeps the eligibility rows that count as of the date: not void, and not replaced by a known row.
-- reads: eligibility, run_params
-- writes: final_eligibility
-- grain: one eligibility row in force
-- key: batch_id, source_file, source_row
WITH visible AS (
  SELECT r.* FROM eligibility AS r CROSS JOIN run_params AS p WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT v.*
FROM visible AS v
ANTI JOIN (SELECT replaces_row_id FROM visible WHERE replaces_row_id IS NOT NULL) AS newer ON newer.replaces_row_id = v.row_id
WHERE v.record_type <> 'void'
