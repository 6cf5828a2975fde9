-- Takes the final lines of the candidate members, with the columns the later steps need.
-- reads: final_lines
-- writes: stay_lines
-- grain: one final claim line of a candidate member
-- key: version_id, claim_line_number
SELECT
  l.version_id, l.claim_line_number, l.claim_id, l.member_id, l.claim_type, l.claim_start_date, l.claim_end_date,
  l.line_start_date, l.line_end_date, l.admission_date, l.discharge_date, l.discharge_disposition_code, l.place_of_service_code,
  SUBSTRING(l.bill_type_code, 1, 2) AS bill_type, SUBSTRING(l.bill_type_code, 1, 3) AS bill_type_code, COALESCE(l.drg_code_type, 'ms-drg') AS drg_code_type, l.drg_code,
  l.revenue_center_code, l.hcpcs_code, l.service_unit_quantity, l.rendering_npi, l.paid_cents,
  COALESCE(l.facility_npi, l.billing_npi, l.billing_tin) AS facility_id
FROM final_lines AS l
