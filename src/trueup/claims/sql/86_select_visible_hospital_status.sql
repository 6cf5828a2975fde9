-- Keeps, of the hospital rows known by the as-of date, the latest of each hospital and first day.
-- reads: hospital_status, run_params
-- writes: visible_hospital_status
-- grain: one hospital for a span of time
-- key: facility_id, effective_from
WITH ranked AS (
  SELECT h.*,
    ROW_NUMBER() OVER (
      PARTITION BY h.facility_id, h.effective_from ORDER BY h.known_date DESC NULLS LAST, h.source_file, h.source_row
    ) AS row_number
  FROM hospital_status AS h
  JOIN run_params AS p ON p.program = h.program
  WHERE h.known_date IS NULL OR h.known_date <= p.as_of
)
SELECT facility_id, hospital_class, peer_group, election, effective_from, effective_to FROM ranked WHERE row_number = 1
