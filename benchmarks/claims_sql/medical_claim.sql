-- The claim lines as a payer delivers them. Reads: versions in the order received. Grain: one line of one version, order kept: nothing here may
-- become a join, which a longer IN list would.
WITH stay AS (
    SELECT *, kind IN (6, 13, 17) AS is_stay, kind IN (6, 13, 17) OR kind IN (3, 4, 20) AS is_facility,
        traits // 2 % 2 AS cesarean, traits // 4 % 2 = 1 AS is_stillbirth, traits // 8 % 2 = 1 AS is_twin,
        draw(no, 31, 1000000) AS u,
        1 + draw(no, 32, len(getvariable('diagnoses')) - 1) AS step,
        CASE WHEN p < 0 THEN NULL WHEN chance(p, 119, 350)
            THEN list_extract(getvariable('conditions'), 1 + draw(p, 34, len(getvariable('conditions')))) END AS condition,
        'Z3A' || lpad(CAST(greatest(8, least(42, weeks)) AS VARCHAR), 2, '0') AS week_code,
        CASE WHEN weeks < 14 THEN '1' WHEN weeks < 28 THEN '2' ELSE '3' END AS trimester,
        strftime(first_received, '%y%j') || lpad(CAST(no AS VARCHAR), 10, '0') || '1' AS family,
        strftime(received, '%y%j') || lpad(CAST(no AS VARCHAR), 10, '0') || CAST(part AS VARCHAR) AS own_id,
        strftime(target_received, '%y%j') || lpad(CAST(no AS VARCHAR), 10, '0') || CAST(target_part AS VARCHAR) AS target
    FROM read_parquet($versions)
),
-- what each kind is coded with first, and how many other diagnoses follow
coded AS (
    SELECT *,
        CASE WHEN kind = 10 THEN CASE WHEN chance(p, 35, 220) THEN 'O099' || trimester ELSE 'Z348' || trimester END
            WHEN kind IN (13, 14, 15) THEN coalesce(condition, CASE WHEN cesarean = 1 THEN 'O82' ELSE 'O80' END)
            WHEN kind IN (11, 12) THEN 'Z3689' WHEN kind = 16 THEN 'Z392' WHEN kind IN (17, 18) THEN 'Z3800' WHEN kind = 19 THEN 'O039'
            WHEN kind = 20 THEN 'O26899' END AS lead_1,
        CASE WHEN kind IN (10, 20) THEN week_code
            WHEN kind IN (13, 14, 15) THEN CASE WHEN is_stillbirth THEN 'Z371' WHEN is_twin THEN 'Z372' ELSE 'Z370' END
            WHEN kind IN (17, 18) THEN 'P599' END AS lead_2,
        CASE WHEN kind IN (13, 14) THEN week_code WHEN kind = 10 THEN condition END AS lead_3,
        CASE kind WHEN 0 THEN 3 + draw(no, 36, 6) WHEN 1 THEN 2 + draw(no, 36, 5) WHEN 2 THEN 0 WHEN 3 THEN 3 + draw(no, 36, 6)
            WHEN 4 THEN 2 + draw(no, 36, 6) WHEN 5 THEN 1 + draw(no, 36, 4) WHEN 6 THEN 8 + draw(no, 36, 5) WHEN 13 THEN 2 + draw(no, 36, 6)
            WHEN 10 THEN draw(no, 36, 3) ELSE 0 END AS more,
        CASE WHEN is_stay THEN greatest(stop - start, 1) END AS days
    FROM stay
),
counted AS (
    SELECT *, CASE WHEN lead_1 IS NULL THEN 0 WHEN lead_2 IS NULL THEN 1 WHEN lead_3 IS NULL THEN 2 ELSE 3 END AS leads,
        CASE WHEN kind = 13 AND more > 2 THEN list_extract(['3E033VJ', '10907ZC', '0KQM0ZZ', '4A1HXCZ'], 1 + u % 4)
            WHEN kind = 6 AND u % 1000 < 200 THEN list_extract(['5A1935Z', '30233N1', '0FT44ZZ'], 1 + u % 3) END AS second_procedure,
        CASE WHEN kind = 13 THEN CASE WHEN cesarean = 1 THEN '10D00Z1' ELSE '10E0XZZ' END
            WHEN kind = 6 AND u % 1000 < 400 THEN list_extract(['02HV33Z', '0DB68ZX', '0SRC0J9', '5A1D70Z', '3E0G76Z'], 1 + u % 5) END
            AS first_procedure,
        list_extract(['I110', 'E1165', 'A419', 'J189', 'K8000', 'F322'], 1 + u % 6) AS stay_reason
    FROM coded
),
lines AS (
    SELECT *, unnest(range(1, line_count + 1)) AS line FROM counted
),
menus AS (
    SELECT *, draw(no * 16 + line, 37, 1000003) AS w,
        -- fixed services by line, mode or billing; drawn ones otherwise
        CASE WHEN kind = 13 THEN menu_at(15, line - 1) WHEN kind = 14 THEN menu_at(16, cesarean * 2 + traits % 2)
            WHEN kind = 15 THEN menu_at(17, cesarean) WHEN kind = 17 THEN menu_at(19, line - 1)
            ELSE menu_at(list_extract(CASE WHEN line = 1 THEN getvariable('first_menu') ELSE getvariable('next_menu') END, kind + 1),
                draw(no, 38, 1000003) + line) END AS item
    FROM lines
),
priced AS (
    SELECT *, CASE WHEN is_denied THEN 0 ELSE listed * abs(per_mille) // 1000 * sign(per_mille) END AS allowed_cents,
        CASE WHEN is_denied OR draw(no, 39, 1000) >= 5 THEN 0 ELSE listed * abs(per_mille) // 5000 * sign(per_mille) END AS tpl_cents
    FROM (
        SELECT *, CAST(list_extract(getvariable('item_cents'), item) AS BIGINT)
            * CASE WHEN is_stay AND line = 1 AND kind = 6 THEN days ELSE 1 END * (900 + w % 201) // 1000
            -- each biller has its level, and its trend of minus 6 to plus 4 percent a year
            * (880 + draw(biller, 40, 241)) // 1000
            * (1000 + (draw(biller, 44, 101) - 60) * greatest(0, (start - CAST(getvariable('first_day') AS DATE)) // 365)) // 1000 AS listed
        FROM menus
    )
)
SELECT
    CASE WHEN part = 1 THEN family ELSE own_id END AS claim_id,
    CAST(line AS INTEGER) AS claim_line_number,
    CASE WHEN is_facility THEN 'institutional' WHEN kind = 2 THEN 'pharmacy' ELSE 'professional' END AS claim_type,
    CASE WHEN is_baby THEN baby_of(p) ELSE member_of(m) END AS person_id,
    CASE WHEN is_baby THEN baby_of(p) ELSE member_of(m) END AS member_id,
    'Invented Medicaid' AS payer,
    'fee for service' AS plan,
    start AS claim_start_date,
    stop AS claim_end_date,
    CASE WHEN is_stay THEN start + CAST((line - 1) % days AS INTEGER) ELSE start END AS claim_line_start_date,
    CASE WHEN is_stay THEN start + CAST((line - 1) % days AS INTEGER) ELSE start END AS claim_line_end_date,
    CASE WHEN is_stay THEN start END AS admission_date,
    CASE WHEN is_stay THEN stop END AS discharge_date,
    CASE WHEN is_stay THEN '01' END AS discharge_disposition_code,
    CASE WHEN is_facility THEN NULL WHEN kind IN (1, 11) THEN '81' WHEN kind = 2 THEN '01' WHEN kind IN (14, 15, 18) THEN '21'
        ELSE '11' END AS place_of_service_code,
    CASE WHEN is_stay THEN '111' WHEN is_facility THEN '131' END AS bill_type_code,
    CASE WHEN is_stay THEN 'ms-drg' END AS drg_code_type,
    CASE kind WHEN 13 THEN list_extract(['805', '806', '807', '786', '787', '788'], 3 * cesarean + 1 + CASE WHEN condition IS NULL THEN 2
            ELSE u % 2 END)
        WHEN 6 THEN list_extract(['871', '291', '638', '194', '418', '885', '392', '690'], 1 + u % 8)
        WHEN 17 THEN list_extract(['795', '795', '795', '794', '792'], 1 + u % 5) END AS drg_code,
    CASE WHEN is_facility THEN list_extract(getvariable('item_revenue'), item) END AS revenue_center_code,
    CAST(CASE WHEN is_stay AND line = 1 THEN days WHEN kind = 2 THEN 30 * (1 + w % 3) WHEN w % 20 = 0 THEN 2 ELSE 1 END AS INTEGER)
        AS service_unit_quantity,
    list_extract(getvariable('item_code'), item) AS hcpcs_code,
    CASE WHEN kind IN (0, 5, 10) AND w % 9 = 0 THEN '25' WHEN kind = 1 AND w % 5 = 0 THEN '90' END AS hcpcs_modifier_1,
    CASE WHEN kind = 5 AND w % 7 = 0 THEN '95' END AS hcpcs_modifier_2,
    CAST(NULL AS VARCHAR) AS hcpcs_modifier_3,
    CAST(NULL AS VARCHAR) AS hcpcs_modifier_4,
    CAST(NULL AS VARCHAR) AS hcpcs_modifier_5,
    CASE WHEN kind = 2 THEN lpad(CAST(93000000 + w % 1201 * 7919 AS VARCHAR), 11, '0') END AS ndc_code,
    npi_of(biller * 8 + 1 + CASE WHEN is_facility THEN 0 ELSE draw(no, 41, 7) END) AS rendering_npi,
    CASE WHEN NOT is_facility THEN tin_of(biller) END AS rendering_tin,
    npi_of(biller * 8) AS billing_npi,
    tin_of(biller) AS billing_tin,
    CASE WHEN is_facility THEN npi_of(biller * 8) END AS facility_npi,
    received + CAST(10 + draw(no, 42, 10) AS INTEGER) AS paid_date,
    received + 3 AS adjudication_date,
    received AS received_date,
    dollars(allowed_cents - tpl_cents) AS paid_amount,
    dollars(allowed_cents) AS allowed_amount,
    dollars(listed * 12 // 5 * sign(per_mille)) AS charge_amount,
    dollars(tpl_cents) AS tpl_amount,
    dollars(0) AS medicare_paid_amount,
    'ffs' AS delivery_system,
    CASE WHEN part = 5 THEN own_id ELSE family END AS claim_family_id,
    CAST(seq AS INTEGER) AS version_seq,
    record AS record_type,
    target AS replaces_claim_id,
    CASE WHEN is_denied THEN 'denied' ELSE 'paid' END AS claim_status,
    'icd-10-cm' AS diagnosis_code_type,
    {diagnoses},
    {present},
    CASE WHEN first_procedure IS NOT NULL THEN 'icd-10-pcs' END AS procedure_code_type,
    first_procedure AS procedure_code_1,
    CASE WHEN first_procedure IS NOT NULL THEN second_procedure END AS procedure_code_2,
    {procedures},
    CASE WHEN first_procedure IS NOT NULL THEN start + CAST(u % 2 AS INTEGER) END AS procedure_date_1,
    CASE WHEN first_procedure IS NOT NULL AND second_procedure IS NOT NULL THEN start + 1 END AS procedure_date_2,
    {procedure_dates},
    'invented' AS data_source
FROM priced
