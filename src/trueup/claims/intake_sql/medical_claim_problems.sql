-- Reads: common_claim (one medical file, with the problems that both kinds share). Grain: one input row. `problem` is the first reason not
-- to trust it (`code|column`), `warnings` is what is odd but accepted, joined by `;`.
SELECT
    file_no,
    source_row,
    coalesce(
        CASE WHEN claim_id IS NULL AND record_type IN ('credit', 'debit') THEN 'non_claim|record_type' END,
        undecodable,
        key_problem(claim_id, raw_claim_id, 'claim_id'),
        key_problem(member_id, raw_member_id, 'member_id'),
        id_problem(raw_replaces_claim_id, 'replaces_claim_id'),
        version_problem,
        CASE WHEN claim_line_number IS NULL THEN 'claim.line_number|claim_line_number' END,
        CASE
            WHEN claim_type NOT IN ('professional', 'institutional', 'pharmacy', 'dental', 'vision', 'undetermined') THEN 'claim.type_unknown|claim_type'
        END,
        npi_problem(raw_billing_npi, 'billing_npi'),
        tin_problem(raw_billing_tin, 'billing_tin'),
        day_problem(raw_claim_start_date, claim_start_date, 'claim_start_date'),
        day_problem(raw_claim_end_date, claim_end_date, 'claim_end_date'),
        day_problem(raw_claim_line_start_date, claim_line_start_date, 'claim_line_start_date'),
        day_problem(raw_claim_line_end_date, claim_line_end_date, 'claim_line_end_date'),
        day_problem(raw_admission_date, admission_date, 'admission_date'),
        day_problem(raw_discharge_date, discharge_date, 'discharge_date'),
        clock_problem,
        procedure_date_problem,
        CASE WHEN coalesce(known_day(claim_line_start_date), known_day(claim_start_date)) IS NULL THEN 'date.missing|claim_start_date' END,
        CASE
            WHEN known_day(claim_end_date) < known_day(claim_start_date) THEN 'date.order|claim_end_date'
            WHEN known_day(claim_line_end_date) < known_day(coalesce(claim_line_start_date, claim_start_date)) THEN 'date.order|claim_line_end_date'
            WHEN known_day(discharge_date) < known_day(admission_date) THEN 'date.order|discharge_date'
            WHEN known_day(coalesce(claim_line_start_date, claim_start_date)) > coalesce(received_date, batch_received)
            THEN 'date.future|claim_line_start_date'
        END,
        money_problem,
        CASE WHEN paid_cents < 0 AND record_type = 'original' THEN 'amt.negative_original|paid_amount' END,
        CASE WHEN paid_cents >= 999999999 THEN 'amt.outlier_entry|paid_amount' END
    ) AS problem,
    nullif(concat_ws(';',
        CASE WHEN billing_tin IS NULL THEN 'id.tin_missing|billing_tin' END,
        CASE WHEN length(billing_tin) = 10 THEN 'id.npi_type|billing_tin' END,
        CASE WHEN npi_problem(raw_rendering_npi, '') IS NOT NULL THEN 'id.npi_format|rendering_npi' END,
        CASE WHEN npi_problem(raw_facility_npi, '') IS NOT NULL THEN 'id.npi_format|facility_npi' END,
        CASE WHEN tin_problem(raw_rendering_tin, '') IS NOT NULL THEN 'id.tin_len|rendering_tin' END,
        CASE WHEN claim_type IS NULL THEN 'claim.type_missing|claim_type' END,
        CASE WHEN is_open(claim_end_date) OR is_open(claim_line_end_date) OR is_open(discharge_date) THEN 'date.open_ended|claim_end_date' END,
        CASE
            WHEN known_day(claim_end_date) - claim_start_date > 366 OR known_day(discharge_date) - admission_date > 366
            THEN 'date.long_span|claim_end_date'
        END,
        CASE WHEN paid_date < coalesce(claim_line_start_date, claim_start_date) THEN 'date.paid_before_service|paid_date' END,
        money_warnings,
        CASE WHEN units IS NULL AND raw_units IS NOT NULL THEN 'unit.not_number|service_unit_quantity' END,
        CASE
            WHEN record_type IN ('original', 'replacement')
            AND (units <= 0 OR (units >= 1000 AND hcpcs_code BETWEEN '59000' AND '59899')) THEN 'unit.implausible|service_unit_quantity'
        END,
        CASE WHEN is_glued(hcpcs_code) THEN 'code.modifier_glued|hcpcs_code' END,
        CASE WHEN drg_code IS NOT NULL AND drg_code_type IS NULL THEN 'code.drg_version_missing|drg_code_type' END,
        CASE WHEN family_target IS NOT NULL THEN 'adj.family_as_target|claim_family_id' END
    ), '') AS warnings
FROM common_claim
