-- Pairs found and true stays of the same member that share a day, each with at most one of the other, the nearest admission first.
-- reads: stays, true_stays
-- writes: stay_matches
-- grain: one found stay and its true stay
-- key: found_id
WITH near AS (
  SELECT s.stay_id AS found_id, t.stay_id AS true_id, t.is_over, ABS(DATE_DIFF('day', s.admission_date, t.admission_date)) AS days_apart
  FROM stays AS s
  JOIN true_stays AS t ON t.member_id = s.member_id
  WHERE s.admission_date <= t.discharge_date AND s.last_day >= t.admission_date
),
ranked AS (
  SELECT found_id, true_id, is_over,
    ROW_NUMBER() OVER (PARTITION BY found_id ORDER BY days_apart, true_id) AS true_rank,
    ROW_NUMBER() OVER (PARTITION BY true_id ORDER BY days_apart, found_id) AS found_rank
  FROM near
)
SELECT found_id, true_id, is_over FROM ranked WHERE true_rank = 1 AND found_rank = 1
