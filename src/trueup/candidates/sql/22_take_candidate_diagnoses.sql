-- Takes the diagnoses of the candidate members.
-- reads: claim_diagnoses, candidate_groups
-- writes: candidate_diagnoses
-- grain: one diagnosis position of one claim version, as often as it was loaded
-- key: version_id, position, code
SELECT d.version_id, d.position, d.code, d.code_system, d.present_on_admission
FROM claim_diagnoses AS d
SEMI JOIN (SELECT member_id FROM candidate_groups WHERE care_group = 'maternity') AS m ON m.member_id = d.member_id
WHERE d.care_group = 'maternity'
UNION ALL
SELECT d.version_id, d.position, d.code, d.code_system, d.present_on_admission
FROM claim_diagnoses AS d
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 1) AS m
  ON m.batch_id = d.batch_id AND m.member_id = d.member_id
WHERE d.care_group = 'other'
UNION ALL
SELECT d.version_id, d.position, d.code, d.code_system, d.present_on_admission
FROM claim_diagnoses AS d
SEMI JOIN (SELECT batch_id, member_id FROM candidate_groups WHERE care_group = 'other' AND is_looked_up = 0) AS m
  ON m.batch_id = d.batch_id AND m.member_id = d.member_id
WHERE d.care_group = 'other'
