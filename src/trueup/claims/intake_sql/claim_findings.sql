-- What is odd about claims as a whole but accepted. Reads: written_lines, checked_eligibility, diagnoses, known_deaths.
-- Grain: one code, file and column with the rows it touches.
-- Of a hundred million lines few have any of this. So who may have it is found first, in columns of few values, and only their lines are
-- grouped.
WITH npis AS (
    SELECT DISTINCT billing_npi AS npi FROM written_lines
    UNION ALL
    SELECT DISTINCT rendering_npi FROM written_lines
    UNION ALL
    SELECT DISTINCT facility_npi FROM written_lines
),
-- In a list, or the engine would check the digits on every line before it looks for distinct ones.
listed_npis AS (SELECT unnest(list(npi)) AS npi FROM npis),
wrong_npis AS MATERIALIZED (
    SELECT npi FROM listed_npis WHERE regexp_full_match(npi, '[12]\d{9}') AND NOT npi_checks(TRY_CAST(npi AS BIGINT))
),
payees AS MATERIALIZED (SELECT DISTINCT billing_npi, billing_tin FROM written_lines WHERE billing_npi IS NOT NULL),
months AS MATERIALIZED (
    SELECT source_file, billing_npi, date_trunc('month', line_start_date) AS month_start, count(*) AS n, min(source_row) AS first_row,
        min(billing_tin) AS least_tin, max(billing_tin) AS greatest_tin
    FROM written_lines
    WHERE billing_npi IN (SELECT billing_npi FROM payees GROUP BY billing_npi HAVING min(billing_tin) <> max(billing_tin))
    GROUP BY ALL
),
two_tins AS (SELECT billing_npi, month_start FROM months GROUP BY ALL HAVING min(least_tin) <> max(greatest_tin)),
births AS (SELECT member_id, max(birth_date) AS birth_date FROM checked_eligibility WHERE problem IS NULL GROUP BY member_id),
coded AS MATERIALIZED (
    SELECT DISTINCT version_id, starts_with(code, 'Z38') AS is_newborn, birth_date
    FROM diagnoses JOIN births USING (member_id)
    WHERE starts_with(code, 'Z38') OR starts_with(code, 'O')
)
SELECT source_file, 'id.npi_luhn' AS code, 'billing_npi' AS column_name, count(*) AS n, min(source_row) AS first_row
FROM written_lines WHERE billing_npi IN (SELECT npi FROM wrong_npis) GROUP BY ALL
UNION ALL
SELECT source_file, 'id.npi_luhn', 'rendering_npi', count(*), min(source_row)
FROM written_lines WHERE rendering_npi IN (SELECT npi FROM wrong_npis) GROUP BY ALL
UNION ALL
SELECT source_file, 'id.npi_luhn', 'facility_npi', count(*), min(source_row)
FROM written_lines WHERE facility_npi IN (SELECT npi FROM wrong_npis) GROUP BY ALL
UNION ALL
SELECT source_file, 'id.npi_two_tins', 'billing_npi', sum(n), min(first_row)
FROM months SEMI JOIN two_tins USING (billing_npi, month_start) GROUP BY ALL
UNION ALL
SELECT source_file, 'date.after_death', 'claim_line_start_date', count(*), min(source_row)
FROM written_lines JOIN known_deaths USING (member_id) WHERE line_start_date > death_date GROUP BY ALL
UNION ALL
SELECT source_file, 'id.baby_on_mother', 'diagnosis_code', count(*), min(source_row)
FROM written_lines JOIN coded USING (version_id) WHERE is_newborn AND line_start_date > birth_date + 366 GROUP BY ALL
UNION ALL
-- Chapter O of ICD-10-CM is pregnancy and childbirth; the limits are wide on purpose.
SELECT source_file, 'dem.age', 'birth_date', count(*), min(source_row)
FROM written_lines JOIN coded USING (version_id)
WHERE NOT is_newborn AND date_sub('year', birth_date, line_start_date) NOT BETWEEN 10 AND 60 GROUP BY ALL
