-- Says of each discharge whether and when the member came back, by form: to any acute hospital, to psychiatry, planned, and for the follow-up chain.
-- reads: stay_returns, hospital_stays, run_params
-- writes: discharge_returns
-- grain: one discharge
-- key: stay_id
WITH ranked AS (
  SELECT stay_id, return_stay_id, return_day, is_planned,
    ROW_NUMBER() OVER (PARTITION BY stay_id ORDER BY return_day, is_planned, return_kind DESC, return_stay_id) AS return_number
  FROM stay_returns
  WHERE return_kind IN ('psychiatric', 'acute') AND return_day >= 3
),
firsts AS (SELECT * FROM ranked WHERE return_number = 1),
days AS (
  SELECT r.stay_id,
    MAX(CASE WHEN r.return_kind IN ('psychiatric', 'acute') AND r.return_day <= 1 THEN 1 ELSE 0 END) AS has_return_day_0_1,
    MIN(CASE WHEN r.return_kind = 'psychiatric' AND r.return_day >= 2 THEN r.return_day END) AS days_to_psychiatric_readmission,
    MAX(CASE WHEN r.return_kind IN ('psychiatric', 'acute') AND r.is_mental_discharge = 1 AND r.return_day <= p.chain_days THEN 1 ELSE 0 END) AS has_mental_return,
    MAX(CASE WHEN r.return_kind IN ('psychiatric', 'acute') AND r.is_mental_discharge = 0 AND r.return_day <= p.chain_days THEN 1 ELSE 0 END) AS has_other_return,
    MAX(CASE WHEN r.return_kind = 'non_acute' AND r.return_day <= p.chain_days THEN 1 ELSE 0 END) AS has_non_acute_return
  FROM stay_returns AS r
  CROSS JOIN run_params AS p
  GROUP BY r.stay_id
)
SELECT s.stay_id,
  COALESCE(d.has_return_day_0_1, 0) AS has_return_day_0_1,
  f.return_stay_id, f.return_day AS days_to_return, f.is_planned AS is_return_planned,
  CASE WHEN f.is_planned = 0 THEN f.return_day END AS days_to_readmission,
  d.days_to_psychiatric_readmission,
  CASE WHEN d.has_mental_return = 1 THEN 0 ELSE 1 END AS is_last_of_chain,
  CASE WHEN d.has_other_return = 1 OR d.has_non_acute_return = 1 THEN 1 ELSE 0 END AS is_chain_dropped
FROM hospital_stays AS s
LEFT JOIN firsts AS f ON f.stay_id = s.stay_id
LEFT JOIN days AS d ON d.stay_id = s.stay_id
WHERE (s.stay_kind = 'psychiatric' OR (s.stay_kind = 'acute' AND s.is_mental_discharge = 1)) AND s.discharge_date IS NOT NULL
