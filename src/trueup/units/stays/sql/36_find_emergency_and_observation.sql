-- Finds emergency visits that did not end in an admission, and observation, on claims that are not inpatient.
-- reads: stay_lines, stay_roles, hospital_claims, hospital_stays
-- writes: outpatient_hospital_days
-- grain: one day of one member with an emergency visit or observation
-- key: member_id, day_kind, from_date, through_date
WITH found AS (
  SELECT DISTINCT l.member_id, r.code_role AS day_kind, l.line_start_date AS from_date,
    GREATEST(l.line_start_date, COALESCE(l.line_end_date, l.line_start_date)) AS through_date
  FROM stay_lines AS l
  JOIN stay_roles AS r ON r.version_id = l.version_id AND r.claim_line_number = l.claim_line_number
  ANTI JOIN hospital_claims AS h ON h.version_id = l.version_id
  WHERE r.code_role IN ('emergency', 'observation') AND l.claim_type IN ('professional', 'institutional')
),
admitted AS (
  SELECT DISTINCT f.member_id, f.from_date
  FROM found AS f
  JOIN hospital_stays AS s ON s.member_id = f.member_id
  WHERE f.day_kind = 'emergency' AND s.admission_date <= CAST(f.from_date + INTERVAL 1 DAY AS DATE) AND s.last_day >= f.from_date
)
SELECT f.member_id, f.day_kind, f.from_date, f.through_date
FROM found AS f
LEFT JOIN admitted AS a ON a.member_id = f.member_id AND a.from_date = f.from_date
WHERE f.day_kind = 'observation' OR a.member_id IS NULL
