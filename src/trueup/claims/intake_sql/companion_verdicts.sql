-- Lines that fall with another line of their version. Reads: checked_claims, row_verdicts, poisoned, header_conflicts. Grain: one line.
WITH touched AS (
    SELECT file_no, source_row, version_id, claim_id, version_seq, record_type
    FROM checked_claims
    ANTI JOIN row_verdicts USING (file_no, source_row)
    WHERE claim_id IN (SELECT claim_id FROM poisoned UNION ALL SELECT claim_id FROM header_conflicts)
)
SELECT file_no, source_row, 'claim.header_conflict|' AS problem
FROM touched WHERE version_id IN (SELECT version_id FROM header_conflicts)
UNION ALL
SELECT file_no, source_row, 'claim.line_untrusted|'
FROM touched AS t
ANTI JOIN header_conflicts AS h ON h.version_id = t.version_id
SEMI JOIN poisoned AS p
    ON p.claim_id = t.claim_id AND (p.version_seq IS NULL OR p.version_seq = t.version_seq) AND (p.record_type IS NULL OR p.record_type = t.record_type)
