-- Reads: given (typed columns of one medical or pharmacy file, as they came). Writes: the same rows with the problems and warnings that both
-- kinds of claim share.
SELECT
    *,
    coalesce(
        CASE
            WHEN coalesce(record_type, CASE WHEN lenient OR NOT has_record_type THEN 'original' END) IS NULL
            OR record_type NOT IN ('original', 'void', 'replacement', 'credit', 'debit')
            THEN 'adj.unknown_record_type|record_type'
        END,
        CASE WHEN raw_version_seq IS NOT NULL AND coalesce(version_seq, 0) < 1 THEN 'claim.version_seq|version_seq' END,
        CASE
            WHEN coalesce(claim_status, CASE WHEN lenient OR NOT has_claim_status THEN 'paid' END) IS NULL
            OR claim_status NOT IN ('paid', 'denied', 'reversed', 'pended')
            THEN 'adj.unknown_status|claim_status'
        END,
        CASE
            WHEN record_type IN ('void', 'replacement') AND raw_version_seq IS NULL AND has_version_seq AND NOT lenient
            AND coalesce(replaces_claim_id, claim_family_id, claim_id) = claim_id
            THEN 'adj.no_target|replaces_claim_id'
        END
    ) AS version_problem,
    coalesce(
        day_problem(raw_paid_date, paid_date, 'paid_date'),
        day_problem(raw_received_date, received_date, 'received_date'),
        day_problem(raw_adjudication_date, adjudication_date, 'adjudication_date')
    ) AS clock_problem,
    coalesce(
        CASE WHEN paid_missing AND NOT (lenient AND paid_absent) THEN 'amt.not_number|paid_amount' END,
        amount_problem(raw_paid_amount, paid_cents, 'paid_amount'),
        amount_problem(raw_allowed_amount, allowed_cents, 'allowed_amount'),
        amount_problem(raw_charge_amount, charge_cents, 'charge_amount'),
        amount_problem(raw_tpl_amount, tpl_cents, 'tpl_amount'),
        amount_problem(raw_medicare_paid_amount, medicare_paid_cents, 'medicare_paid_amount')
    ) AS money_problem,
    nullif(concat_ws(';',
        CASE WHEN record_type = 'void' AND paid_cents > 0 THEN 'adj.void_positive|paid_amount' END,
        CASE WHEN delivery_system = 'encounter' AND paid_cents = 0 THEN 'amt.zero_encounter|paid_amount' END,
        CASE
            WHEN coalesce(record_type, 'original') IN ('original', 'replacement') THEN nullif(concat_ws(';',
                CASE WHEN paid_cents > charge_cents THEN 'amt.relation|charge_amount' END,
                CASE WHEN allowed_cents < paid_cents + coalesce(tpl_cents, 0) THEN 'amt.relation|allowed_amount' END,
                CASE
                    WHEN paid_cents = 0 AND units > 0 AND coalesce(claim_status, 'paid') = 'paid'
                    AND coalesce(delivery_system, 'ffs') <> 'encounter' THEN 'amt.relation|paid_amount'
                END), '')
        END
    ), '') AS money_warnings
FROM given
