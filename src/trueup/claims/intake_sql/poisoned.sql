-- What an untrusted line takes with it: its version; where its version number or type is not known, all that it may belong to.
-- Reads: checked_claims, row_verdicts. Grain: one claim, with the version number and type that fall or NULL for any.
SELECT DISTINCT
    claim_id,
    version_seq,
    CASE WHEN version_seq IS NOT NULL AND record_type IN ('original', 'void', 'replacement', 'credit', 'debit') THEN record_type END AS record_type
FROM checked_claims SEMI JOIN row_verdicts USING (file_no, source_row)
WHERE claim_id IS NOT NULL
