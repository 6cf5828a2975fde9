-- Takes the candidates' claim lines that lie among everybody else's: of loads in which they have no code of pregnancy or birth. Once, since each
-- reading passes over many lines of others.
-- reads: claim_lines, candidate_groups
-- writes: candidate_other_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
SELECT
  l.batch_id, l.source_file, l.source_row, l.source_table, l.version_id, l.claim_id, l.claim_line_number, l.version_seq, l.record_type, l.claim_status,
  l.claim_type, l.member_id, l.claim_start_date, l.claim_end_date, l.line_start_date, l.line_end_date, l.admission_date, l.discharge_date,
  l.discharge_disposition_code, l.place_of_service_code, l.bill_type_code, l.drg_code_type, l.drg_code, l.revenue_center_code, l.hcpcs_code,
  l.ndc_code, l.service_unit_quantity, l.rendering_npi, l.billing_npi, l.billing_tin, l.facility_npi, l.known_date, l.paid_cents, l.allowed_cents,
  l.tpl_cents, l.medicare_paid_cents
FROM claim_lines AS l
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 1) AS m
  ON m.batch_id = l.batch_id AND m.member_id = l.member_id
WHERE l.care_group = 'other'
UNION ALL
SELECT
  l.batch_id, l.source_file, l.source_row, l.source_table, l.version_id, l.claim_id, l.claim_line_number, l.version_seq, l.record_type, l.claim_status,
  l.claim_type, l.member_id, l.claim_start_date, l.claim_end_date, l.line_start_date, l.line_end_date, l.admission_date, l.discharge_date,
  l.discharge_disposition_code, l.place_of_service_code, l.bill_type_code, l.drg_code_type, l.drg_code, l.revenue_center_code, l.hcpcs_code,
  l.ndc_code, l.service_unit_quantity, l.rendering_npi, l.billing_npi, l.billing_tin, l.facility_npi, l.known_date, l.paid_cents, l.allowed_cents,
  l.tpl_cents, l.medicare_paid_cents
FROM claim_lines AS l
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 0) AS m
  ON m.batch_id = l.batch_id AND m.member_id = l.member_id
WHERE l.care_group = 'other'
