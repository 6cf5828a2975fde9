-- Reads: versioned_row (one file of payments another system made). Writes: one checked row per input row. Amounts in cents, recoupments negative.
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(payment_id, raw_payment_id, 'payment_id'),
        id_problem(raw_entity_id, 'entity_id'),
        id_problem(raw_member_id, 'member_id'),
        day_problem(raw_period_start_date, period_start_date, 'period_start_date'),
        CASE WHEN period_start_date IS NULL THEN 'date.missing|period_start_date' END,
        CASE WHEN paid_missing THEN 'amt.not_number|amount' END,
        amount_problem(raw_amount, amount_cents, 'amount')
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    payment_id,
    entity_id,
    member_id,
    period_start_date,
    purpose,
    amount_cents,
    text_amount AS raw_amount
FROM versioned_row
