-- Finds the emergency visits that did not end in an admission, and whether their first diagnosis is a substance use disorder.
-- reads: final_lines, candidate_diagnoses, rule_codes, panel_members
-- writes: emergency_visits
-- grain: one day of one member
-- key: member_id, visit_date
WITH emergencies AS (
  SELECT DISTINCT l.version_id
  FROM final_lines AS l
  SEMI JOIN panel_members AS m ON m.member_id = l.member_id
  WHERE SUBSTRING(l.revenue_center_code, 1, 3) = '045' OR l.revenue_center_code = '0981' OR l.place_of_service_code = '23'
),
lines AS (
  SELECT l.version_id, l.member_id, MIN(l.line_start_date) AS visit_date,
    MAX(CASE WHEN SUBSTRING(l.bill_type_code, 1, 2) IN ('11', '12') OR (l.claim_type = 'institutional' AND l.bill_type_code IS NULL AND l.admission_date IS NOT NULL) THEN 1 ELSE 0 END) AS is_inpatient
  FROM final_lines AS l
  SEMI JOIN emergencies AS e ON e.version_id = l.version_id
  GROUP BY l.version_id, l.member_id
),
marked AS (
  SELECT DISTINCT d.version_id
  FROM candidate_diagnoses AS d
  JOIN lines AS l ON l.version_id = d.version_id
  JOIN rule_codes AS r
    ON r.code_role = 'substance_use'
    AND ((r.code_system = 'icd-10-cm-category' AND d.code_system = 'icd-10-cm' AND r.code = SUBSTRING(d.code, 1, 3)) OR (r.code_system = d.code_system AND r.code = d.code))
  WHERE d.position = 1 AND l.visit_date >= r.effective_from AND l.visit_date < r.effective_to
)
SELECT l.member_id, l.visit_date, MAX(CASE WHEN k.version_id IS NOT NULL THEN 1 ELSE 0 END) AS is_substance_use
FROM lines AS l
LEFT JOIN marked AS k ON k.version_id = l.version_id
WHERE l.is_inpatient = 0
GROUP BY l.member_id, l.visit_date
