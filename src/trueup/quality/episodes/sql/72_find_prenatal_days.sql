-- Finds the days with a prenatal visit between the start of the pregnancy and the delivery, outside inpatient stays.
-- reads: measured_episodes, member_claims, member_lines, line_roles, claim_roles, candidate_diagnoses
-- writes: prenatal_days
-- grain: one day of one episode with a prenatal visit
-- key: episode_id, visit_date
WITH pregnant AS (SELECT DISTINCT version_id FROM claim_roles WHERE source = 'diagnosis' AND code_role = 'pregnancy'),
diagnosed AS (SELECT DISTINCT c.version_id FROM candidate_diagnoses AS c SEMI JOIN member_claims AS m ON m.version_id = c.version_id)
SELECT DISTINCT e.episode_id, l.line_start_date AS visit_date, DATE_DIFF('day', e.pregnancy_start_date, l.line_start_date) AS visit_day
FROM measured_episodes AS e
JOIN member_lines AS l ON l.member_id = e.member_id
JOIN member_claims AS c ON c.version_id = l.version_id
SEMI JOIN line_roles AS r ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number AND r.code_role = 'prenatal_visit'
LEFT JOIN pregnant AS g ON g.version_id = l.version_id
LEFT JOIN diagnosed AS d ON d.version_id = l.version_id
WHERE l.line_start_date >= e.pregnancy_start_date AND l.line_start_date < e.delivery_date AND c.is_inpatient = 0
  AND (g.version_id IS NOT NULL OR d.version_id IS NULL)
