-- Takes the candidates' claim lines that lie among everybody else's: of loads in which they have no code of pregnancy or birth. Once, since each
-- reading passes over many lines of others.
-- reads: claim_lines, candidate_groups
-- writes: candidate_other_lines
-- grain: one line of one claim version, copies included
-- key: batch_id, source_table, source_file, source_row
WITH taken AS (
  SELECT l.*
  FROM claim_lines AS l
  SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 1) AS m
    ON m.batch_id = l.batch_id AND m.member_id = l.member_id
  WHERE l.care_group = 'other'
  UNION ALL
  SELECT l.*
  FROM claim_lines AS l
  SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 0) AS m
    ON m.batch_id = l.batch_id AND m.member_id = l.member_id
  WHERE l.care_group = 'other'
)
SELECT
  t.batch_id, t.source_file, t.source_row, t.source_table, t.version_id, t.claim_id, t.claim_line_number, t.version_seq, t.record_type, t.claim_status,
  t.claim_type, t.member_id, t.claim_start_date, t.claim_end_date, t.line_start_date, t.line_end_date, t.admission_date, t.discharge_date,
  t.discharge_disposition_code, t.place_of_service_code, t.bill_type_code, t.drg_code_type, t.drg_code, t.revenue_center_code, t.hcpcs_code,
  t.ndc_code, t.service_unit_quantity, t.rendering_npi, t.billing_npi, t.billing_tin, t.facility_npi, t.known_date, t.paid_cents, t.allowed_cents,
  t.tpl_cents, t.medicare_paid_cents
FROM taken AS t
