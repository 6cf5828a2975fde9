-- Takes the final lines of the members of measured units, with the few columns that measures need.
-- reads: final_lines, measured_units
-- writes: measured_lines
-- grain: one final claim line of a measured member
-- key: version_id, claim_line_number
WITH members AS (SELECT DISTINCT member_id FROM measured_units)
SELECT l.version_id, l.claim_line_number, l.claim_id, l.member_id, l.claim_type, l.line_start_date, l.claim_start_date, l.admission_date,
  l.drg_code, COALESCE(l.drg_code_type, 'ms-drg') AS drg_code_type, l.revenue_center_code, l.hcpcs_code, l.ndc_code,
  CASE
    WHEN l.claim_type <> 'institutional' THEN 0
    WHEN l.bill_type_code IS NOT NULL THEN CASE WHEN SUBSTRING(l.bill_type_code, 1, 2) IN ('11', '12') THEN 1 ELSE 0 END
    WHEN l.admission_date IS NOT NULL OR (l.drg_code IS NOT NULL AND COALESCE(l.drg_code_type, 'ms-drg') IN ('ms-drg', 'apr-drg')) THEN 1
    ELSE 0
  END AS is_inpatient,
  CASE WHEN SUBSTRING(l.revenue_center_code, 1, 3) = '045' OR l.revenue_center_code = '0981' OR l.place_of_service_code = '23' THEN 1 ELSE 0 END AS is_emergency
FROM final_lines AS l
SEMI JOIN members AS m ON m.member_id = l.member_id
