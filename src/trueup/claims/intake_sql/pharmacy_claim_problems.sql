-- Reads: common_claim (one pharmacy file, with the problems that both kinds share). Grain: one input row. `problem` is the first reason not
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
        npi_problem(raw_dispensing_provider_npi, 'dispensing_provider_npi'),
        tin_problem(raw_billing_tin, 'billing_tin'),
        day_problem(raw_dispensing_date, dispensing_date, 'dispensing_date'),
        clock_problem,
        CASE WHEN known_day(dispensing_date) IS NULL THEN 'date.missing|dispensing_date' END,
        CASE WHEN dispensing_date > coalesce(received_date, batch_received) THEN 'date.future|dispensing_date' END,
        money_problem,
        CASE WHEN paid_cents < 0 AND record_type = 'original' THEN 'amt.negative_original|paid_amount' END,
        CASE WHEN paid_cents >= 999999999 THEN 'amt.outlier_entry|paid_amount' END
    ) AS problem,
    nullif(concat_ws(';',
        CASE WHEN npi_problem(raw_prescribing_provider_npi, '') IS NOT NULL THEN 'id.npi_format|prescribing_provider_npi' END,
        CASE WHEN length(billing_tin) = 10 THEN 'id.npi_type|billing_tin' END,
        CASE WHEN paid_date < dispensing_date THEN 'date.paid_before_service|paid_date' END,
        money_warnings,
        CASE WHEN units IS NULL AND raw_units IS NOT NULL THEN 'unit.not_number|quantity' END,
        CASE WHEN record_type IN ('original', 'replacement') AND units <= 0 THEN 'unit.implausible|quantity' END,
        CASE WHEN family_target IS NOT NULL THEN 'adj.family_as_target|claim_family_id' END
    ), '') AS warnings
FROM common_claim
