-- Reads: versioned_row (one participation file). Writes: one checked row per input row. An entity that has not left has no left_on.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        id_problem(raw_successor_entity_id, 'successor_entity_id'),
        day_problem(raw_joined_on, joined_on, 'joined_on'),
        day_problem(raw_left_on, left_on, 'left_on'),
        CASE WHEN joined_on IS NULL THEN 'date.missing|joined_on' END,
        CASE WHEN left_on < joined_on THEN 'date.order|left_on' END
    ) AS problem,
    nullif(concat_ws(';', CASE WHEN is_open(left_on) THEN 'date.open_ended|left_on' END), '') AS warnings,
    row_id,
    record_type,
    replaces_row_id,
    known_date,
    program,
    entity_id,
    election,
    joined_on,
    known_day(left_on) AS left_on,
    successor_entity_id
FROM versioned_row
