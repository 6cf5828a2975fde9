-- Enrollment. One member in ten has a gap of two months; newborns are enrolled on their birth. Grain: one span of one member.
WITH people AS (
    SELECT m, member_of(m) AS member_id,
        CASE WHEN m >= getvariable('members') OR m % 44 IN (7, 8) OR m % 2 = 0 THEN 'female' ELSE 'male' END AS gender,
        CAST(getvariable('first_day') AS DATE) - CASE
            WHEN m >= getvariable('members') OR m % 44 IN (7, 8) THEN 6600 + CAST(draw(m, 51, 8000) AS INTEGER)
            ELSE 400 + CAST(draw(m, 51, 22000) AS INTEGER) END AS birth_date,
        CASE WHEN chance(m, 52, 100) THEN CAST(getvariable('first_day') AS DATE) + CAST(draw(m, 53, getvariable('days')) AS INTEGER) END AS gap,
        CASE WHEN chance(m, 54, 8) THEN '02' END AS dual_status_code,
        lpad(CAST(1 + draw(m, 55, 10) AS VARCHAR), 5, '0') AS zip_code,
        CAST(getvariable('first_day') AS DATE) - 400 AS enrolled
    FROM range(getvariable('all_members')) AS t(m)
),
spans AS (
    SELECT *, enrolled AS first_day, coalesce(gap, DATE '9999-12-31') AS last_day FROM people
    UNION ALL
    SELECT *, gap + 60, DATE '9999-12-31' FROM people WHERE gap IS NOT NULL
    UNION ALL
    SELECT p, baby_of(p), CASE WHEN draw(p, 56, 2) = 0 THEN 'female' ELSE 'male' END, day, NULL, NULL,
        lpad(CAST(1 + draw(m, 55, 10) AS VARCHAR), 5, '0'), day, day, DATE '9999-12-31'
    FROM pregnancies WHERE traits // 4 % 2 = 0 AND NOT is_loss AND NOT on_mother
),
received AS (
    SELECT *, CASE WHEN first_day = enrolled THEN enrolled + 10 ELSE first_day + 5 END AS received_date FROM spans
)
SELECT 'E' || member_id || strftime(first_day, '%y%j') AS row_id, 'original' AS record_type, CAST(NULL AS VARCHAR) AS replaces_row_id,
    received_date, member_id, member_id AS person_id, gender, birth_date, CAST(NULL AS DATE) AS death_date,
    first_day AS enrollment_start_date, last_day AS enrollment_end_date, dual_status_code, 'adult' AS eligibility_group,
    'Invented Medicaid' AS payer, 'fee for service' AS plan, zip_code
FROM received
WHERE received_date > CAST(getvariable('after') AS DATE) AND received_date <= CAST(getvariable('until') AS DATE)
ORDER BY received_date, member_id, first_day
