-- Reads: versioned_row (one file of gate results). Writes: one checked row per input row. A missing result stays missing: it holds, never passes.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        key_problem(period, raw_period, 'period'),
        key_problem(gate, raw_gate, 'gate'),
        parse_problem(raw_passed, passed, 'num.not_flag|passed'),
        parse_problem(raw_score, score, 'num.not_number|score'),
        parse_problem(raw_multiplier, multiplier, 'num.not_number|multiplier')
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    entity_id,
    period,
    gate,
    passed,
    CAST(score AS DECIMAL(9, 6)) AS score,
    CAST(multiplier AS DECIMAL(9, 6)) AS multiplier
FROM versioned_row
