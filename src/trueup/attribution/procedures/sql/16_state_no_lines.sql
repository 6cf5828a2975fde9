-- Holds no line of pregnancy care.
-- reads: run_params
-- writes: maternity_lines
-- grain: one line
-- key: version_id, claim_line_number
SELECT CAST(NULL AS VARCHAR) AS version_id, 0 AS claim_line_number, CAST(NULL AS VARCHAR) AS entity_id FROM run_params WHERE program IS NULL
