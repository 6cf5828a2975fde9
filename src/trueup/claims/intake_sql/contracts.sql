-- Reads: versioned_row (one file of contracts). Writes: one checked row per input row. Open ends are 1900-01-01 and 9999-12-31 (half-open).
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(contract_id, raw_contract_id, 'contract_id'),
        key_problem(payer, raw_payer, 'payer'),
        key_problem(entity_id, raw_entity_id, 'entity_id'),
        key_problem(terms_id, raw_terms_id, 'terms_id'),
        CASE WHEN track IS NULL OR track NOT IN ('p4p', 'ssp') THEN 'word.unknown|track' END,
        day_problem(raw_effective_from, effective_from, 'effective_from'),
        day_problem(raw_effective_to, effective_to, 'effective_to'),
        CASE WHEN effective_to < effective_from THEN 'date.order|effective_to' END,
        day_problem(raw_decided_on, decided_on, 'decided_on'),
        parse_problem(raw_panel_size, panel_size, 'num.not_number|panel_size')
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    contract_id,
    payer,
    entity_id,
    terms_id,
    track,
    coalesce(known_day(effective_from), DATE '1900-01-01') AS effective_from,
    coalesce(known_day(effective_to), DATE '9999-12-31') AS effective_to,
    decided_on,
    decided_by,
    evidence,
    panel_size
FROM versioned_row
