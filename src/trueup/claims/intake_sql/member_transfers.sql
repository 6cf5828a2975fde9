-- Reads: versioned_row (one file of notices that members move). Writes: one checked row per input row.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(member_id, raw_member_id, 'member_id'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        day_problem(raw_transfer_date, transfer_date, 'transfer_date'),
        CASE WHEN transfer_date IS NULL THEN 'date.missing|transfer_date' END,
        CASE WHEN is_open(transfer_date) THEN 'date.invalid|transfer_date' END
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    row_id,
    record_type,
    replaces_row_id,
    known_date,
    program,
    member_id,
    entity_id,
    transfer_date
FROM versioned_row
