-- Versions that give one line number twice or more. Reads: written_lines, odd_versions. Grain: one version.
SELECT version_id
FROM written_lines
WHERE hash(claim_id, version_seq, record_type) IN (SELECT version_key FROM odd_versions WHERE may_repeat_lines)
GROUP BY version_id HAVING count(*) > count(DISTINCT claim_line_number)
