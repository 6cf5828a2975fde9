-- Lines that fall with another line of their version. Reads: checked_claims, row_verdicts, poisoned, header_conflicts. Grain: one line.
SELECT
    file_no,
    source_row,
    CASE
        WHEN version_id IN (SELECT version_id FROM header_conflicts) THEN 'claim.header_conflict|'
        ELSE 'claim.line_untrusted|'
    END AS problem
FROM (SELECT file_no, source_row, version_id, claim_id, version_seq FROM checked_claims)
ANTI JOIN row_verdicts USING (file_no, source_row)
WHERE version_id IN (SELECT version_id FROM header_conflicts)
OR 'V' || version_id IN (SELECT poison FROM poisoned)
OR 'S' || claim_id || ':' || version_seq IN (SELECT poison FROM poisoned)
OR 'C' || claim_id IN (SELECT poison FROM poisoned)
