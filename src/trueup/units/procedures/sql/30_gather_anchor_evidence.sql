-- Gathers every piece of evidence of an anchor procedure, as the stay it falls in or its own dates.
-- reads: member_claims, member_lines, line_roles, inpatient_stays
-- writes: delivery_evidence
-- grain: one institutional claim, or one professional line, that shows an anchor procedure
-- key: version_id, claim_line_number
WITH evidence AS (
  SELECT member_id, version_id, 0 AS claim_line_number, from_date, through_date
  FROM member_claims
  WHERE claim_type = 'institutional' AND has_delivery_code = 1
  UNION ALL
  SELECT l.member_id, l.version_id, l.claim_line_number, l.line_start_date AS from_date,
    GREATEST(l.line_start_date, COALESCE(l.line_end_date, l.line_start_date)) AS through_date
  FROM member_lines AS l
  SEMI JOIN line_roles AS r
    ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number AND r.source = 'hcpcs' AND r.code_role = 'anchor'
  WHERE l.claim_type = 'professional'
),
stays AS (SELECT DISTINCT member_id, stay_number, stay_start_date, stay_end_date FROM inpatient_stays)
SELECT e.member_id, e.version_id, e.claim_line_number, e.from_date AS evidence_date,
  s.stay_start_date, s.stay_end_date,
  COALESCE(s.stay_start_date, e.from_date) AS interval_start_date,
  COALESCE(s.stay_end_date, e.through_date) AS interval_end_date
FROM evidence AS e
LEFT JOIN stays AS s ON s.member_id = e.member_id AND e.from_date >= s.stay_start_date AND e.from_date <= s.stay_end_date
