-- What an untrusted line takes with it: its version; where its version number or type is not known, all that it may belong to.
-- Reads: checked_claims, row_verdicts. Grain: one key, as `V` version, `S` claim and number, `C` claim.
SELECT DISTINCT
    CASE
        WHEN version_id IS NOT NULL AND record_type IN ('original', 'void', 'replacement', 'credit', 'debit') THEN 'V' || version_id
        WHEN version_seq IS NOT NULL THEN 'S' || claim_id || ':' || version_seq
        ELSE 'C' || claim_id
    END AS poison
FROM checked_claims JOIN row_verdicts USING (file_no, source_row)
WHERE claim_id IS NOT NULL
