-- Reads: typed (one file of a table other than claims). Writes: the same rows with the row version's defaults and problem.
-- Tables without version columns have no row_id: the typing step gives them as NULL.
SELECT
    * REPLACE (coalesce(record_type, 'original') AS record_type),
    coalesce(known_day(received_date), batch_received) AS known_date,
    coalesce(
        CASE WHEN record_type NOT IN ('original', 'void', 'replacement') THEN 'adj.unknown_record_type|record_type' END,
        CASE WHEN record_type IN ('void', 'replacement') AND replaces_row_id IS NULL THEN 'adj.no_target|replaces_row_id' END,
        id_problem(raw_row_id, 'row_id'),
        id_problem(raw_replaces_row_id, 'replaces_row_id'),
        day_problem(raw_received_date, received_date, 'received_date')
    ) AS row_problem
FROM typed
