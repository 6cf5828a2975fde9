-- The warnings written on rows, counted. Reads: checked_rows (of one table), row_verdicts. Grain: one code, file and column.
SELECT file_no, split_part(entry, '|', 1) AS code, split_part(entry, '|', 2) AS column_name, count(*) AS n, min(source_row) AS first_row
FROM (
    SELECT file_no, source_row, unnest(string_split(warnings, ';')) AS entry
    FROM checked_rows ANTI JOIN row_verdicts USING (file_no, source_row)
    WHERE warnings IS NOT NULL
)
GROUP BY ALL
