-- Reads: versioned_row (one file of hospital classes and elections). Writes: one checked row per input row.
-- Open ends are 1900-01-01 and 9999-12-31 (half-open).
SELECT
    file_no,
    source_row,
    coalesce(
        undecodable,
        row_problem,
        key_problem(program, raw_program, 'program'),
        key_problem(facility_id, raw_facility_id, 'facility_id'),
        key_problem(hospital_class, hospital_class, 'hospital_class'),
        CASE WHEN election IS NULL OR election NOT IN ('enrolled', 'declined', 'none') THEN 'word.unknown|election' END,
        day_problem(raw_effective_from, effective_from, 'effective_from'),
        day_problem(raw_effective_to, effective_to, 'effective_to'),
        CASE WHEN effective_to < effective_from THEN 'date.order|effective_to' END
    ) AS problem,
    CAST(NULL AS VARCHAR) AS warnings,
    known_date,
    program,
    facility_id,
    hospital_class,
    peer_group,
    election,
    coalesce(known_day(effective_from), DATE '1900-01-01') AS effective_from,
    coalesce(known_day(effective_to), DATE '9999-12-31') AS effective_to
FROM versioned_row
