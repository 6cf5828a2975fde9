-- What is odd about claims as a whole but accepted. Reads: checked_claims, row_verdicts (all), checked_eligibility, diagnoses, known_deaths.
-- Grain: one code, table, file and column with the rows it touches.
WITH trusted AS (SELECT * FROM checked_claims ANTI JOIN row_verdicts USING (file_no, source_row)),
npis AS (
    SELECT source_table, file_no, 'billing_npi' AS col, billing_npi AS npi, count(*) AS n, min(source_row) AS first_row
    FROM trusted WHERE billing_npi IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT source_table, file_no, 'rendering_npi', rendering_npi, count(*), min(source_row)
    FROM trusted WHERE rendering_npi IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT source_table, file_no, 'facility_npi', facility_npi, count(*), min(source_row)
    FROM trusted WHERE facility_npi IS NOT NULL GROUP BY ALL
),
months AS (
    SELECT billing_npi, date_trunc('month', line_start_date) AS month_start
    FROM trusted WHERE billing_npi IS NOT NULL AND billing_tin IS NOT NULL
    GROUP BY ALL HAVING min(billing_tin) <> max(billing_tin)
),
births AS (SELECT member_id, max(birth_date) AS birth_date FROM checked_eligibility WHERE problem IS NULL GROUP BY member_id)
SELECT source_table AS table_name, file_no, 'id.npi_luhn' AS code, col AS column_name, sum(n) AS n, min(first_row) AS first_row
FROM npis WHERE regexp_full_match(npi, '[12]\d{9}') AND NOT npi_checks(TRY_CAST(npi AS BIGINT)) GROUP BY ALL
UNION ALL
SELECT source_table, file_no, 'id.npi_two_tins', 'billing_npi', count(*), min(source_row)
FROM trusted JOIN months ON trusted.billing_npi = months.billing_npi AND date_trunc('month', line_start_date) = month_start GROUP BY ALL
UNION ALL
SELECT source_table, file_no, 'date.after_death', 'claim_line_start_date', count(*), min(source_row)
FROM trusted JOIN known_deaths USING (member_id) WHERE line_start_date > death_date GROUP BY ALL
UNION ALL
SELECT source_table, file_no, 'id.baby_on_mother', 'diagnosis_code', count(*), min(source_row)
FROM trusted JOIN births USING (member_id)
WHERE version_id IN (SELECT version_id FROM diagnoses WHERE starts_with(code, 'Z38')) AND line_start_date > birth_date + 366 GROUP BY ALL
UNION ALL
-- Chapter O of ICD-10-CM is pregnancy and childbirth; the limits are wide on purpose.
SELECT source_table, file_no, 'dem.age', 'birth_date', count(*), min(source_row)
FROM trusted JOIN births USING (member_id)
WHERE version_id IN (SELECT version_id FROM diagnoses WHERE starts_with(code, 'O'))
AND date_sub('year', birth_date, line_start_date) NOT BETWEEN 10 AND 60 GROUP BY ALL
UNION ALL
SELECT source_table, file_no, 'dup.similar_lines', 'claim_line_number', sum(n - 1), min(first_row)
FROM (
    SELECT source_table, file_no, count(*) AS n, min(source_row) AS first_row
    FROM trusted WHERE hcpcs_code IS NOT NULL
    GROUP BY source_table, file_no, version_id, hcpcs_code, hcpcs_modifiers, line_start_date, service_unit_quantity
    HAVING min(claim_line_number) <> max(claim_line_number)
) GROUP BY ALL
