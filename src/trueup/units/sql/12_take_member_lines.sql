-- Takes the final lines of the candidate members, with the columns the later steps need.
-- reads: final_lines, rule_codes
-- writes: member_lines
-- grain: one final claim line of a candidate member
-- key: version_id, claim_line_number
WITH hospital_drg_types AS (SELECT DISTINCT code_system FROM rule_codes WHERE code_system IN ('ms-drg', 'apr-drg'))
SELECT
  l.version_id, l.claim_line_number, l.claim_id, l.version_seq, l.member_id, l.claim_type, l.claim_start_date, l.claim_end_date,
  l.line_start_date, l.line_end_date, l.admission_date, l.discharge_date, l.place_of_service_code, l.bill_type_code, l.drg_code_type,
  l.drg_code, l.revenue_center_code, l.hcpcs_code, l.ndc_code, l.billing_npi, l.billing_tin, l.paid_cents, l.allowed_cents,
  COALESCE(l.tpl_cents, 0) + COALESCE(l.medicare_paid_cents, 0) AS other_payer_cents,
  CASE
    WHEN l.claim_type <> 'institutional' THEN FALSE
    WHEN l.bill_type_code IS NOT NULL THEN SUBSTRING(l.bill_type_code, 1, 2) IN ('11', '12')
    ELSE l.admission_date IS NOT NULL OR (l.drg_code IS NOT NULL AND COALESCE(l.drg_code_type, 'ms-drg') IN (SELECT code_system FROM hospital_drg_types))
  END AS is_inpatient
FROM final_lines AS l
