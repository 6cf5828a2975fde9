-- Reads: versioned_row (one crosswalk file). Writes: one checked row per input row. Open ends are 1900-01-01 and 9999-12-31 (half-open).
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        CASE WHEN tin IS NULL THEN 'id.missing|tin' END,
        tin_problem(raw_tin, 'tin'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        day_problem(raw_effective_from, effective_from, 'effective_from'),
        day_problem(raw_effective_to, effective_to, 'effective_to'),
        CASE WHEN effective_to < effective_from THEN 'date.order|effective_to' END
    ) AS problem,
    nullif(concat_ws(';', CASE WHEN is_open(effective_to) THEN 'date.open_ended|effective_to' END), '') AS warnings,
    known_date,
    tin,
    entity_id,
    coalesce(known_day(effective_from), DATE '1900-01-01') AS effective_from,
    coalesce(known_day(effective_to), DATE '9999-12-31') AS effective_to
FROM versioned_row
