-- Compares the facts of each stay with the program's exclusions; the reasons stand in rule order.
-- reads: described_stays, rule_exclusions
-- writes: stay_exclusions
-- grain: one stay
-- key: stay_id
WITH facts AS (
  SELECT stay_id, 'age' AS fact, age AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'birth_date_unknown' AS fact, is_birth_date_missing AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'facility_unknown' AS fact, CASE WHEN facility_id = 'unknown' THEN 1 ELSE 0 END AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'still_patient' AS fact, is_open AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'uncovered_days' AS fact, uncovered_days AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'against_advice' AS fact, is_against_advice AS fact_value FROM described_stays
  UNION ALL SELECT stay_id, 'died' AS fact, is_died AS fact_value FROM described_stays
),
hits AS (
  SELECT f.stay_id, r.position, r.reason
  FROM facts AS f
  JOIN rule_exclusions AS r ON r.fact = f.fact
  WHERE (r.operator = 'lt' AND f.fact_value < r.threshold) OR (r.operator = 'le' AND f.fact_value <= r.threshold)
    OR (r.operator = 'eq' AND f.fact_value = r.threshold) OR (r.operator = 'ne' AND f.fact_value <> r.threshold)
    OR (r.operator = 'ge' AND f.fact_value >= r.threshold) OR (r.operator = 'gt' AND f.fact_value > r.threshold)
),
words AS (
  SELECT stay_id,
    MAX(CASE WHEN position = 1 THEN ';' || reason ELSE '' END) || MAX(CASE WHEN position = 2 THEN ';' || reason ELSE '' END)
      || MAX(CASE WHEN position = 3 THEN ';' || reason ELSE '' END) || MAX(CASE WHEN position = 4 THEN ';' || reason ELSE '' END)
      || MAX(CASE WHEN position = 5 THEN ';' || reason ELSE '' END) || MAX(CASE WHEN position = 6 THEN ';' || reason ELSE '' END)
      || MAX(CASE WHEN position = 7 THEN ';' || reason ELSE '' END) || MAX(CASE WHEN position = 8 THEN ';' || reason ELSE '' END)
      || MAX(CASE WHEN position = 9 THEN ';' || reason ELSE '' END) || MAX(CASE WHEN position = 10 THEN ';' || reason ELSE '' END) AS reasons
  FROM hits
  GROUP BY stay_id
)
SELECT s.stay_id, COALESCE(SUBSTRING(w.reasons, 2, 2000), '') AS exclusion_reasons
FROM described_stays AS s
LEFT JOIN words AS w ON w.stay_id = s.stay_id
