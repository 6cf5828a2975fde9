-- Who takes part in which program, from its first day on. Grain: one entity of one program.
SELECT 'R' || n || lpad(CAST(1 + k AS VARCHAR), 7, '0') AS row_id, 'original' AS record_type, CAST(NULL AS VARCHAR) AS replaces_row_id,
    CAST(joined_on AS DATE) - 100 AS received_date, program, 'ENT' || lpad(CAST(1 + k AS VARCHAR), 7, '0') AS entity_id,
    'enrolled' AS election, CAST(joined_on AS DATE) AS joined_on, CAST(NULL AS DATE) AS left_on, CAST(NULL AS VARCHAR) AS successor_entity_id
FROM range(CAST(getvariable('practices') AS BIGINT)) AS t(k),
    (SELECT unnest(getvariable('programs')) AS j, generate_subscripts(getvariable('programs'), 1) AS n),
    LATERAL (SELECT split_part(j, '/', 1) AS program, split_part(j, '/', 2) AS joined_on)
WHERE k = 0 OR k % 8 <> 7
ORDER BY n, k
