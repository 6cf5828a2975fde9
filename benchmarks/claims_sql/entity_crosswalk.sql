-- Whose tax id it is. Grain: one tax id; one practice in eight belongs to the practice before it.
SELECT tin_of(1 + range) AS tin,
    'ENT' || lpad(CAST(1 + range - CASE WHEN range > 0 AND range % 8 = 7 THEN 1 ELSE 0 END AS VARCHAR), 7, '0') AS entity_id,
    CAST(getvariable('first_day') AS DATE) - 400 AS effective_from, CAST(NULL AS DATE) AS effective_to,
    CAST(getvariable('first_day') AS DATE) - 400 AS received_date
FROM range(CAST(getvariable('practices') AS BIGINT))
ORDER BY tin
