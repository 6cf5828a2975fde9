-- Reads: versioned_row (one file of reviews). Writes: one checked row per input row. An end without reviewer and day is no end.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        key_problem(period, raw_period, 'period'),
        key_problem(flag_id, raw_flag_id, 'flag_id'),
        CASE WHEN outcome IS NULL OR outcome NOT IN ('opened', 'complied', 'failed') THEN 'word.unknown|outcome' END,
        day_problem(raw_decided_on, decided_on, 'decided_on'),
        CASE WHEN outcome IN ('complied', 'failed') AND decided_on IS NULL THEN 'date.missing|decided_on' END,
        CASE WHEN outcome IN ('complied', 'failed') AND reviewer IS NULL THEN 'id.missing|reviewer' END
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    entity_id,
    period,
    flag_id,
    outcome,
    reviewer,
    evidence,
    decided_on
FROM versioned_row
