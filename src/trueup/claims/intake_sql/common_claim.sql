-- Reads: typed (typed columns of one medical or pharmacy file). Writes: the same rows with the defaults of the version columns filled in.
-- A default stands in for a column the file does not have, never for a cell left empty in one it has (cases excepted: `lenient`).
SELECT
    * REPLACE (
        coalesce(record_type, CASE WHEN lenient OR NOT has_record_type THEN 'original' END) AS record_type,
        coalesce(version_seq, CASE WHEN raw_version_seq IS NULL THEN 1 END) AS version_seq,
        coalesce(claim_status, CASE WHEN lenient OR NOT has_claim_status THEN 'paid' END) AS claim_status,
        coalesce(claim_line_number, CASE WHEN lenient AND raw_claim_line_number IS NULL THEN 1 END) AS claim_line_number,
        known_day(paid_date) AS paid_date,
        known_day(received_date) AS received_date,
        known_day(adjudication_date) AS adjudication_date
    ),
    CASE
        WHEN record_type IN ('void', 'replacement') AND replaces_claim_id IS NULL AND claim_family_id <> claim_id THEN claim_family_id
    END AS family_target
FROM typed
