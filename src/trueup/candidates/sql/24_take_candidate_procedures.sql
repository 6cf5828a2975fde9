-- Takes the ICD procedures of the candidate members.
-- reads: claim_procedures, candidate_groups
-- writes: candidate_procedures
-- grain: one ICD procedure position of one claim version, as often as it was loaded
-- key: version_id, position, code
SELECT p.version_id, p.position, p.code, p.code_system, p.procedure_date
FROM claim_procedures AS p
SEMI JOIN (SELECT member_id FROM candidate_groups WHERE care_group = 'maternity') AS m ON m.member_id = p.member_id
WHERE p.care_group = 'maternity'
UNION ALL
SELECT p.version_id, p.position, p.code, p.code_system, p.procedure_date
FROM claim_procedures AS p
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 1) AS m
  ON m.batch_id = p.batch_id AND m.member_id = p.member_id
WHERE p.care_group = 'other'
UNION ALL
SELECT p.version_id, p.position, p.code, p.code_system, p.procedure_date
FROM claim_procedures AS p
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 0) AS m
  ON m.batch_id = p.batch_id AND m.member_id = p.member_id
WHERE p.care_group = 'other'
