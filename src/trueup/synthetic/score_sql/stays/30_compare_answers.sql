-- Sets what was found beside what is true, one row per comparison; a stay not found and a stay too many have one side only.
-- reads: stays, true_stays, stay_matches
-- writes: answers
-- grain: one comparison of one true stay or of one found stay without one
-- key: comparison, true_id, found_id
WITH pairs AS (
  SELECT m.true_id, m.found_id, t.admission_date AS true_admission_date, t.discharge_date AS true_discharge_date, t.facility_id AS true_facility_id,
    t.length_of_stay_days AS true_length, t.delay_days AS true_delay, t.days_to_return AS true_return, t.is_return_planned AS true_planned,
    t.days_to_psychiatric_readmission AS true_readmission, t.follow_up_day AS true_follow_up, t.emergency_day AS true_emergency,
    t.has_observation_before AS true_observation, s.admission_date, s.discharge_date, s.facility_id, s.length_of_stay_days, s.delay_days,
    s.days_to_return, s.is_return_planned, s.days_to_psychiatric_readmission, s.follow_up_day, s.emergency_day, s.has_observation_before
  FROM stay_matches AS m
  JOIN true_stays AS t ON t.stay_id = m.true_id
  JOIN stays AS s ON s.stay_id = m.found_id
  WHERE m.is_over
)
SELECT 'stays' AS comparison, t.stay_id AS true_id, m.found_id, 'stay' AS true_value, CASE WHEN m.found_id IS NOT NULL THEN 'stay' END AS found_value
FROM true_stays AS t
LEFT JOIN stay_matches AS m ON m.true_id = t.stay_id
WHERE t.is_over
UNION ALL
SELECT 'stays' AS comparison, m.true_id, s.stay_id AS found_id, CAST(NULL AS VARCHAR) AS true_value, 'stay' AS found_value
FROM stays AS s
LEFT JOIN stay_matches AS m ON m.found_id = s.stay_id
WHERE m.true_id IS NULL
UNION ALL
SELECT 'stays_with_every_claim' AS comparison, t.stay_id AS true_id, m.found_id, 'stay' AS true_value, CASE WHEN m.found_id IS NOT NULL THEN 'stay' END AS found_value
FROM true_stays AS t
LEFT JOIN stay_matches AS m ON m.true_id = t.stay_id
WHERE t.is_over AND NOT t.is_lost AND NOT t.is_known_later
UNION ALL
SELECT 'admission' AS comparison, true_id, found_id, CAST(true_admission_date AS VARCHAR) AS true_value, CAST(admission_date AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'discharge' AS comparison, true_id, found_id, CAST(true_discharge_date AS VARCHAR) AS true_value, CAST(discharge_date AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'facility' AS comparison, true_id, found_id, true_facility_id AS true_value, facility_id AS found_value FROM pairs
UNION ALL
SELECT 'length_of_stay' AS comparison, true_id, found_id, true_length AS true_value, CAST(length_of_stay_days AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'delay_days' AS comparison, true_id, found_id, true_delay AS true_value, CAST(delay_days AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'return' AS comparison, true_id, found_id, CASE WHEN true_return IS NULL THEN 'none' ELSE CONCAT(true_return, CASE WHEN true_planned = 'true' THEN ' planned' ELSE '' END) END AS true_value,
  CASE WHEN days_to_return IS NULL THEN 'none' ELSE CONCAT(CAST(days_to_return AS VARCHAR), CASE WHEN is_return_planned THEN ' planned' ELSE '' END) END AS found_value
FROM pairs
UNION ALL
SELECT 'psychiatric_readmission' AS comparison, true_id, found_id, COALESCE(true_readmission, 'none') AS true_value,
  COALESCE(CAST(days_to_psychiatric_readmission AS VARCHAR), 'none') AS found_value
FROM pairs
UNION ALL
SELECT 'follow_up' AS comparison, true_id, found_id, COALESCE(true_follow_up, 'none') AS true_value, COALESCE(CAST(follow_up_day AS VARCHAR), 'none') AS found_value
FROM pairs
UNION ALL
SELECT 'emergency_return' AS comparison, true_id, found_id, COALESCE(true_emergency, 'none') AS true_value, COALESCE(CAST(emergency_day AS VARCHAR), 'none') AS found_value
FROM pairs
UNION ALL
SELECT 'observation_before' AS comparison, true_id, found_id, true_observation AS true_value, CASE WHEN has_observation_before THEN 'true' ELSE 'false' END AS found_value
FROM pairs
