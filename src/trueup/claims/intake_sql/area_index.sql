-- Reads: versioned_row (one file of an area index). Writes: one checked row per input row. Only the first five digits of a ZIP code count.
-- Open ends are 1900-01-01 and 9999-12-31 (half-open).
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(zip_code, raw_zip_code, 'zip_code'),
        CASE WHEN NOT regexp_full_match(zip_code, '\d{5}(-?\d{4})?') THEN 'geo.zip|zip_code' END,
        day_problem(raw_effective_from, effective_from, 'effective_from'),
        day_problem(raw_effective_to, effective_to, 'effective_to'),
        CASE WHEN effective_to < effective_from THEN 'date.order|effective_to' END,
        CASE WHEN band IS NULL THEN 'num.not_number|band' END
    ) AS problem,
    nullif(concat_ws(';', CASE WHEN is_open(effective_to) THEN 'date.open_ended|effective_to' END), '') AS warnings,
    known_date,
    left(zip_code, 5) AS zip_code,
    coalesce(known_day(effective_from), DATE '1900-01-01') AS effective_from,
    coalesce(known_day(effective_to), DATE '9999-12-31') AS effective_to,
    band
FROM versioned_row
