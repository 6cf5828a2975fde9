-- Determinations from outside, as a payer may send them, so that a period settles. Grain: one gate of one entity and period.
SELECT program, 'ENT' || lpad(CAST(1 + k AS VARCHAR), 7, '0') AS entity_id, period, gate, true AS passed,
    CAST(70 + draw(k, 71, 30) AS DECIMAL(5, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS score,
    CAST(70 + draw(k, 71, 30) AS DECIMAL(5, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS multiplier,
    CAST(getvariable('last_day') AS DATE) - 90 AS received_date
FROM range(CAST(getvariable('practices') AS BIGINT)) AS t(k), (SELECT unnest(getvariable('gates')) AS g),
    LATERAL (SELECT split_part(g, '/', 1) AS program, split_part(g, '/', 2) AS period, split_part(g, '/', 3) AS gate)
WHERE k = 0 OR k % 8 <> 7
ORDER BY program, period, gate, k
