-- Chains psychiatric facility stays: a return within the program's consecutive days, the day of discharge being the first, or a direct transfer.
-- reads: facility_stays, run_params
-- writes: chained_stays
-- grain: one facility stay with the stay it belongs to
-- key: member_id, facility_id, stay_kind, facility_stay_number
WITH ordered AS (
  SELECT f.*,
    MAX(through_date) OVER (
      PARTITION BY member_id, stay_kind ORDER BY from_date, through_date, facility_id, facility_stay_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end,
    LAG(facility_id) OVER (PARTITION BY member_id, stay_kind ORDER BY from_date, through_date, facility_id, facility_stay_number) AS earlier_facility_id
  FROM facility_stays AS f
),
gaps AS (
  SELECT o.*, DATE_DIFF('day', o.earlier_end, o.from_date) AS days_away,
    CASE
      WHEN o.earlier_end IS NULL OR o.stay_kind <> 'psychiatric' THEN 1
      WHEN p.interrupted_days IS NOT NULL AND DATE_DIFF('day', o.earlier_end, o.from_date) + 1 <= p.interrupted_days THEN 0
      WHEN o.earlier_facility_id <> o.facility_id AND DATE_DIFF('day', o.earlier_end, o.from_date) <= p.transfer_days THEN 0
      WHEN DATE_DIFF('day', o.earlier_end, o.from_date) < 0 THEN 0
      ELSE 1
    END AS is_new
  FROM ordered AS o
  CROSS JOIN run_params AS p
)
SELECT g.*,
  CASE WHEN is_new = 0 THEN GREATEST(days_away, 0) ELSE 0 END AS interruption_days,
  CASE WHEN is_new = 0 AND days_away > 0 THEN 1 ELSE 0 END AS is_interruption,
  CASE WHEN is_new = 0 AND earlier_facility_id <> facility_id THEN 1 ELSE 0 END AS is_transfer,
  CAST(SUM(is_new) OVER (
    PARTITION BY member_id, stay_kind ORDER BY from_date, through_date, facility_id, facility_stay_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS BIGINT) AS stay_number
FROM gaps AS g
