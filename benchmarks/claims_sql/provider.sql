-- Who bills: practices of obstetrics with seven clinicians each, and every other biller once. Grain: one identifier under one tax id.
WITH billers AS (
    SELECT 1 + range AS biller,
        CASE draw(range, 61, 20) WHEN 0 THEN 'fqhc' WHEN 1 THEN 'midwife' WHEN 2 THEN 'midwife' WHEN 3 THEN 'family_medicine' ELSE 'obstetrics' END
            AS provider_type, 8 AS identifiers
    FROM range(CAST(getvariable('practices') AS BIGINT))
    UNION ALL SELECT 1000000 + range, 'hospital', 1 FROM range(CAST(getvariable('hospitals') AS BIGINT))
    UNION ALL SELECT 2000000 + range, 'laboratory', 1 FROM range(CAST(getvariable('laboratories') AS BIGINT))
    UNION ALL SELECT 3000000 + range, 'pharmacy', 1 FROM range(CAST(getvariable('pharmacies') AS BIGINT))
    UNION ALL SELECT 4000000 + range, 'anesthesia', 1 FROM range(CAST(getvariable('hospitals') AS BIGINT))
    UNION ALL SELECT 5000000 + range, 'family_medicine', 1 FROM range(CAST(getvariable('others') AS BIGINT))
)
SELECT 'P' || CAST(biller * 8 + i AS VARCHAR) AS row_id, 'original' AS record_type, CAST(NULL AS VARCHAR) AS replaces_row_id,
    CAST(getvariable('first_day') AS DATE) - 400 AS received_date, npi_of(biller * 8 + i) AS npi, tin_of(biller) AS tin,
    'ENT' || lpad(CAST(biller AS VARCHAR), 7, '0') AS entity_id, 'Invented biller ' || CAST(biller AS VARCHAR) AS name, provider_type,
    CAST(getvariable('first_day') AS DATE) - 400 AS effective_from, CAST(NULL AS DATE) AS effective_to
FROM (SELECT biller, provider_type, unnest(range(identifiers)) AS i FROM billers)
ORDER BY biller, i
