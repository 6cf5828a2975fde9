-- Takes the claim lines of the candidate members, with the columns that later steps need: they read these, and no others.
-- reads: claim_lines, candidate_groups, candidate_other_lines
-- writes: candidate_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT
  l.batch_id, l.source_file, l.source_row, l.source_table, l.version_id, l.claim_id, l.claim_line_number, l.version_seq, l.record_type, l.claim_status,
  l.claim_type, l.member_id, l.claim_start_date, l.claim_end_date, l.line_start_date, l.line_end_date, l.admission_date, l.discharge_date,
  l.discharge_disposition_code, l.place_of_service_code, l.bill_type_code, l.drg_code_type, l.drg_code, l.revenue_center_code, l.hcpcs_code,
  l.ndc_code, l.service_unit_quantity, l.rendering_npi, l.billing_npi, l.billing_tin, l.facility_npi, l.known_date, l.paid_cents, l.allowed_cents,
  l.tpl_cents, l.medicare_paid_cents
FROM claim_lines AS l
SEMI JOIN (SELECT member_id FROM candidate_groups WHERE care_group = 'maternity') AS m ON m.member_id = l.member_id
WHERE l.care_group = 'maternity'
UNION ALL
SELECT o.* FROM candidate_other_lines AS o
