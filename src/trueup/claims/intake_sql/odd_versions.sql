-- Versions that need a second look: all but those whose lines agree on all that belongs to the version and can be told apart.
-- Reads: checked_claims. Grain: one version, known by a hash; two versions may share one, so whoever asks looks again at the rows.
-- `bits` of a line: one of the lower 32 for its number, the second for number 1 alone; one of the upper 32 for what else tells lines apart.
-- Two lines with one bit may be alike; lines with as many bits as lines are not. Where lines agree and one alone has number 1, that one
-- stands for all.
WITH lines AS (
    SELECT
        hash(claim_id, version_seq, record_type) AS version_key,
        hash(member_id, claim_type, replaces_claim_id, *COLUMNS('known_date|(diagnosis|procedure)_.+')) AS traits,
        (1::UBIGINT << (CASE WHEN claim_line_number = 1 THEN 1 ELSE 2 + abs(claim_line_number) % 30 END)::UBIGINT)
        | (1::UBIGINT << (32 + hash(hcpcs_code, hcpcs_modifiers, line_start_date, service_unit_quantity) % 32)) AS bits
    FROM checked_claims
    WHERE claim_line_number IS NOT NULL
)
SELECT
    version_key,
    bit_or(traits) <> bit_and(traits) AS may_disagree,
    bit_count(bit_or(bits) & 4294967295) < count(*) AS may_repeat_lines,
    bit_count(bit_or(bits) >> 32) < count(*) AS may_have_similar_lines,
    bit_or(traits) <> bit_and(traits) OR bit_count(bit_or(bits) & 4294967295) < count(*) OR (bit_or(bits) & 2) = 0 AS needs_all_lines
FROM lines
GROUP BY version_key
HAVING bit_or(traits) <> bit_and(traits) OR bit_count(bit_or(bits)) < 2 * count(*) OR (bit_or(bits) & 2) = 0
