-- How one text value is judged and put into its one spelling. Every macro takes text and gives NULL for NULL.
-- Problems are `code|column`. They are strung together with coalesce, so the first one found names the row. The text they judge is called
-- `raw`; it is NULL throughout a column in which no value is a problem.

-- Text without outer blanks, tabs, line ends, no-break spaces and byte-order marks; nothing left is NULL.
CREATE OR REPLACE TEMP MACRO clean(x) AS nullif(trim(x, ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8203) || chr(65279)), '');

-- ids -------------------------------------------------------------------------------------------------------------------------------
-- The sign or the point is asked for, so that an id such as 12E5 is not taken for a number.
CREATE OR REPLACE TEMP MACRO is_scientific(x) AS regexp_full_match(x, '[+-]?\d+(\.\d+)?[eE][+-]\d+|[+-]?\d\.\d+[eE]\d+');
CREATE OR REPLACE TEMP MACRO is_suffixed(x) AS (ends_with(x, '0') AND regexp_full_match(x, '\d+\.0+'));
CREATE OR REPLACE TEMP MACRO without_suffix(x) AS CASE WHEN is_suffixed(x) THEN split_part(x, '.', 1) ELSE x END;
CREATE OR REPLACE TEMP MACRO is_no_value(x) AS CASE
    WHEN starts_with(x, '#') THEN TRUE
    WHEN length(x) <= 9 THEN regexp_full_match(upper(x), 'NULL|NAN|NONE|N/A|NA|[+-]?INF|-?INFINITY|UNKNOWN')
    ELSE FALSE END;
CREATE OR REPLACE TEMP MACRO id_problem(x, col) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN is_no_value(x) THEN 'id.placeholder|' || col
    WHEN regexp_full_match(x, '[0-9A-Za-z]+') THEN NULL
    WHEN is_scientific(x) THEN 'id.scientific|' || col
    WHEN is_suffixed(x) THEN 'id.float_suffix|' || col
    WHEN regexp_full_match(x, '\d{3}-\d{2}-\d{4}') THEN 'phi.ssn_pattern|' || col
    END;
CREATE OR REPLACE TEMP MACRO text_problem(x, col) AS
    CASE WHEN contains(x, '-') AND regexp_matches(x, '(^|\D)\d{3}-\d{2}-\d{4}($|\D)') THEN 'phi.ssn_pattern|' || col END;
CREATE OR REPLACE TEMP MACRO key_problem(x, raw, col) AS CASE WHEN x IS NULL THEN 'id.missing|' || col ELSE id_problem(raw, col) END;
CREATE OR REPLACE TEMP MACRO without_hyphens(x) AS CASE WHEN contains(x, '-') AND NOT is_scientific(x) THEN replace(x, '-', '') ELSE x END;
-- `x` without hyphens, `raw` as it came.
CREATE OR REPLACE TEMP MACRO bare_npi_problem(x, col) AS CASE
    WHEN x IS NULL OR regexp_full_match(x, '[12]\d{9}') THEN NULL
    WHEN is_scientific(x) THEN 'id.scientific|' || col
    WHEN is_suffixed(x) THEN 'id.float_suffix|' || col
    ELSE 'id.npi_format|' || col
    END;
CREATE OR REPLACE TEMP MACRO npi_problem(raw, col) AS bare_npi_problem(without_hyphens(raw), col);
-- The hyphens tell a person's number from an employer's.
CREATE OR REPLACE TEMP MACRO bare_tin_problem(x, raw, col) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN x IN ('999999999', '000000000', '123456789') THEN 'id.placeholder|' || col
    WHEN contains(raw, '-') AND regexp_full_match(raw, '\d{3}-\d{2}-\d{4}') THEN 'phi.ssn_pattern|' || col
    WHEN regexp_full_match(x, '\d{9}|[12]\d{9}') THEN NULL
    WHEN is_scientific(x) THEN 'id.scientific|' || col
    WHEN is_suffixed(x) THEN 'id.float_suffix|' || col
    ELSE 'id.tin_len|' || col
    END;
CREATE OR REPLACE TEMP MACRO tin_problem(raw, col) AS bare_tin_problem(without_hyphens(raw), raw, col);
CREATE OR REPLACE TEMP MACRO doubled(d) AS (d * 2) // 10 + (d * 2) % 10;
-- The check digit over 80840 and the ten digits; 24 is what the prefix adds.
CREATE OR REPLACE TEMP MACRO npi_checks(n) AS (
    24 + doubled(n // 1000000000 % 10) + n // 100000000 % 10 + doubled(n // 10000000 % 10) + n // 1000000 % 10 + doubled(n // 100000 % 10)
    + n // 10000 % 10 + doubled(n // 1000 % 10) + n // 100 % 10 + doubled(n // 10 % 10) + n % 10) % 10 = 0;

-- dates -----------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE TEMP MACRO is_midnight(x) AS regexp_full_match(x, '\d{4}-\d{2}-\d{2}[ T]00:00(:00(\.0+)?)?');
CREATE OR REPLACE TEMP MACRO day_of(x) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN regexp_full_match(x, '\d{4}-\d{2}-\d{2}') THEN TRY_CAST(x AS DATE)
    WHEN regexp_full_match(x, '\d{8}') THEN CAST(try_strptime(x, '%Y%m%d') AS DATE)
    WHEN is_midnight(x) THEN TRY_CAST(left(x, 10) AS DATE)
    END;
-- A real date in a notation that has to be declared.
CREATE OR REPLACE TEMP MACRO is_other_day(x) AS
    CASE WHEN regexp_full_match(x, '\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}[/.]\d{1,2}[/.]\d{1,2}|\d{1,2}-?[A-Za-z]{3}-?\d{4}')
    THEN try_strptime(replace(replace(x, '.', '/'), '-', '/'), ['%m/%d/%Y', '%d/%m/%Y', '%Y/%m/%d', '%d/%b/%Y', '%d%b%Y']) IS NOT NULL
    ELSE FALSE END;
CREATE OR REPLACE TEMP MACRO declared_day(x, form) AS CASE
    WHEN is_other_day(x) THEN coalesce(strftime(try_strptime(replace(replace(x, '.', '/'), '-', '/'), form), '%Y-%m-%d'), x)
    ELSE x
    END;
CREATE OR REPLACE TEMP MACRO day_problem(x, parsed, col) AS CASE
    WHEN x IS NULL OR parsed IS NOT NULL THEN NULL
    WHEN regexp_full_match(x, '\d{5}(\.\d+)?') THEN 'date.excel_serial|' || col
    WHEN regexp_full_match(x, '\d{1,2}|\d{6}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}|\d{1,2}-?[A-Za-z]{3}-?\d{2}') THEN 'date.two_digit|' || col
    WHEN regexp_full_match(x, '\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*') THEN 'date.zone|' || col
    ELSE 'date.invalid|' || col
    END;
-- Sentinels that mean "no such date": open ends far ahead, and years before any record.
CREATE OR REPLACE TEMP MACRO is_open(d) AS d >= DATE '2299-12-31' OR d < DATE '1800-01-01';
CREATE OR REPLACE TEMP MACRO known_day(d) AS CASE WHEN is_open(d) THEN NULL ELSE d END;

-- amounts and numbers ---------------------------------------------------------------------------------------------------------------
-- Zeros after the second decimal are exact and allowed; any other digit there is `amt.precision`.
CREATE OR REPLACE TEMP MACRO is_amount(x) AS regexp_full_match(x, '-?\d{1,15}(\.\d{1,2}0*)?');
CREATE OR REPLACE TEMP MACRO is_implied(x) AS regexp_full_match(x, '-?0\d{7,}');
CREATE OR REPLACE TEMP MACRO cents_of(x) AS
    CASE WHEN x IS NOT NULL AND is_amount(x) AND NOT is_implied(x) THEN CAST(TRY_CAST(x AS DECIMAL(18, 2)) * 100 AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO plain_cents(x) AS CAST(TRY_CAST(x AS DECIMAL(18, 2)) * 100 AS BIGINT);
CREATE OR REPLACE TEMP MACRO amount_problem(x, cents, col) AS CASE
    WHEN x IS NULL OR cents IS NOT NULL THEN NULL
    WHEN is_no_value(x) THEN 'amt.not_number|' || col
    WHEN is_implied(x) THEN 'amt.implied|' || col
    WHEN is_amount(x) THEN NULL
    WHEN regexp_full_match(x, '-?\d+\.\d{3,}') THEN 'amt.precision|' || col
    WHEN regexp_matches(x, '\d') AND regexp_full_match(x, '[-+\d.,'' $€£()]+(CR|DB|DR|cr|db|dr|[eE][+-]?\d+)?') THEN 'amt.format|' || col
    ELSE 'amt.not_number|' || col
    END;
CREATE OR REPLACE TEMP MACRO number_of(x) AS CASE WHEN regexp_full_match(x, '-?\d{1,12}(\.\d+)?') THEN TRY_CAST(x AS DECIMAL(18, 6)) END;
CREATE OR REPLACE TEMP MACRO integer_of(x) AS CASE WHEN regexp_full_match(x, '\d{1,9}') THEN TRY_CAST(x AS INTEGER) END;
CREATE OR REPLACE TEMP MACRO flag_of(x) AS CASE
    WHEN lower(x) IN ('true', 't', 'yes', 'y', '1') THEN TRUE
    WHEN lower(x) IN ('false', 'f', 'no', 'n', '0') THEN FALSE
    END;
CREATE OR REPLACE TEMP MACRO parse_problem(x, parsed, code) AS CASE WHEN x IS NOT NULL AND parsed IS NULL THEN code END;

-- codes -----------------------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE TEMP MACRO icd(x) AS upper(replace(replace(clean(x), '.', ''), ' ', ''));
CREATE OR REPLACE TEMP MACRO two_digits(x) AS CASE WHEN regexp_full_match(x, '\d') THEN '0' || x ELSE x END;
CREATE OR REPLACE TEMP MACRO bill_type(x) AS CASE WHEN length(x) = 4 AND starts_with(x, '0') THEN substr(x, 2) ELSE x END;
CREATE OR REPLACE TEMP MACRO drg(x) AS CASE
    WHEN regexp_full_match(x, '\d{1,2}') THEN lpad(x, 3, '0')
    WHEN regexp_full_match(x, '0\d{3}') THEN substr(x, 2)
    WHEN regexp_full_match(x, '\d{3}-\d') THEN left(x, 3)
    ELSE x
    END;
CREATE OR REPLACE TEMP MACRO revenue(x) AS CASE WHEN regexp_full_match(x, '\d{1,3}') THEN lpad(x, 4, '0') ELSE x END;
CREATE OR REPLACE TEMP MACRO ndc(x) AS CASE
    WHEN regexp_full_match(x, '\d{4,5}-\d{3,4}-\d{1,2}')
    THEN lpad(split_part(x, '-', 1), 5, '0') || lpad(split_part(x, '-', 2), 4, '0') || lpad(split_part(x, '-', 3), 2, '0')
    ELSE replace(x, '-', '')
    END;
CREATE OR REPLACE TEMP MACRO code_of(x) AS upper(clean(x));
-- A procedure code with its modifiers glued on.
CREATE OR REPLACE TEMP MACRO is_glued(x) AS contains(x, '-') AND regexp_full_match(x, '[A-Z0-9]{5}(-[A-Z0-9]{2})+');
CREATE OR REPLACE TEMP MACRO icd_system(declared, newer, older) AS CASE
    WHEN declared IS NULL THEN newer
    WHEN regexp_matches(declared, '9') AND NOT regexp_matches(declared, '10') THEN older
    ELSE newer
    END;
-- A binary number as an amount: through its shortest text, accepted within a millionth of a cent of whole cents, else left as it is.
CREATE OR REPLACE TEMP MACRO binary_text(t, d) AS
    CASE
        WHEN d IS NOT NULL AND abs(d * 100 - round(d * 100, 0)) <= 0.000001 THEN CAST(CAST(round(d, 2) AS DECIMAL(38, 2)) AS VARCHAR)
        ELSE t
    END;
CREATE OR REPLACE TEMP MACRO binary_amount(x) AS binary_text(CAST(x AS VARCHAR), TRY_CAST(CAST(x AS VARCHAR) AS DECIMAL(30, 12)));

-- digests ---------------------------------------------------------------------------------------------------------------------------
-- Terms of a row's digest, combined by XOR. What is missing adds nothing. `few_texts_digest` leaves it to its caller to take the digest of
-- the empty text off again, once for all rows: so written it is computed once for each text of a dictionary.
CREATE OR REPLACE TEMP MACRO few_texts_digest(col, x) AS md5_number(concat(col, '=', x));
CREATE OR REPLACE TEMP MACRO text_digest(col, x) AS coalesce(xor(md5_number(col || '=' || x), md5_number(col || '=')), 0::UHUGEINT);
-- `k` is a constant of the column: equal numbers in two columns differ by it.
CREATE OR REPLACE TEMP MACRO day_digest(d, k) AS coalesce((d - DATE '0001-01-01' + 1) * k, 0);
CREATE OR REPLACE TEMP MACRO number_digest(x, k) AS coalesce(xor(((x & 2147483647) + 1) * k, x), 0);
