-- Keeps the transfer notices that count as of the date: not void, and not replaced by a known row.
-- reads: member_transfers, run_params
-- writes: final_member_transfers
-- grain: one transfer notice in force
-- key: batch_id, source_file, source_row
WITH visible AS (
  SELECT r.* FROM member_transfers AS r CROSS JOIN run_params AS p WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT v.*
FROM visible AS v
ANTI JOIN (SELECT replaces_row_id FROM visible WHERE replaces_row_id IS NOT NULL) AS newer ON newer.replaces_row_id = v.row_id
WHERE v.record_type <> 'void'
