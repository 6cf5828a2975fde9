-- Reads: versioned_row (one file of members' risk scores). Writes: one checked row per input row.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(member_id, raw_member_id, 'member_id'),
        key_problem(period, raw_period, 'period'),
        parse_problem(raw_risk_score, risk_score, 'num.not_number|risk_score'),
        CASE WHEN risk_score IS NULL OR risk_score <= 0 THEN 'num.not_number|risk_score' END
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    member_id,
    period,
    CAST(risk_score AS DECIMAL(9, 6)) AS risk_score
FROM versioned_row
