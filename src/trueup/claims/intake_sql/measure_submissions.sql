-- Reads: versioned_row (one file of measure submissions). Writes: one checked row per input row. What a submission is worth is judged later,
-- by its receipt; here a row only must say who submits what. A report sent again names no row: receipts are ordered by the day they came.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        CASE WHEN record_type NOT IN ('original', 'replacement', 'void') THEN 'adj.unknown_record_type|record_type' END,
        day_problem(raw_received_date, received_date, 'received_date'),
        key_problem(program, raw_program, 'program'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        key_problem(period, raw_period, 'period'),
        key_problem(measure_id, raw_measure_id, 'measure_id'),
        key_problem(submission_id, raw_submission_id, 'submission_id'),
        parse_problem(raw_numerator, numerator, 'num.not_number|numerator'),
        parse_problem(raw_denominator, denominator, 'num.not_number|denominator'),
        parse_problem(raw_expected_denominator, expected_denominator, 'num.not_number|expected_denominator'),
        parse_problem(raw_value, value, 'num.not_number|value')
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    record_type,
    program,
    entity_id,
    period,
    measure_id,
    submission_id,
    numerator,
    denominator,
    expected_denominator,
    value,
    coalesce(stratum, 'all') AS stratum,
    attested_by
FROM versioned_row
