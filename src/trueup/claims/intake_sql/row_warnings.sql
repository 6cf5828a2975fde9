-- The warnings written on rows, counted. Reads: judged_rows (of one file), row_verdicts. Grain: one code, file and column.
SELECT file_no, split_part(entry, '|', 1) AS code, split_part(entry, '|', 2) AS column_name, sum(n) AS n, min(first_row) AS first_row
FROM (
    SELECT file_no, n, first_row, unnest(string_split(warnings, ';')) AS entry
    FROM (
        SELECT file_no, warnings, count(*) AS n, min(source_row) AS first_row
        FROM judged_rows ANTI JOIN row_verdicts USING (file_no, source_row)
        WHERE warnings IS NOT NULL
        GROUP BY file_no, warnings
    )
)
GROUP BY file_no, code, column_name
