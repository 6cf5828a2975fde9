-- Keeps, of the area index rows known by the as-of date, the latest of each ZIP code and first day.
-- reads: area_index, run_params
-- writes: visible_area_index
-- grain: one ZIP code from one day on
-- key: zip_code, effective_from
WITH ranked AS (
  SELECT r.*,
    ROW_NUMBER() OVER (PARTITION BY r.zip_code, r.effective_from ORDER BY r.known_date DESC NULLS LAST, r.source_file, r.source_row) AS row_rank
  FROM area_index AS r
  CROSS JOIN run_params AS p
  WHERE r.known_date IS NULL OR r.known_date <= p.as_of
)
SELECT zip_code, effective_from, effective_to, band FROM ranked WHERE row_rank = 1
