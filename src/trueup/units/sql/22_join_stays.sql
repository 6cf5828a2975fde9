-- Joins inpatient claims of a member into stays while the next begins within a day of the latest end: interim bills, transfers.
-- reads: member_claims
-- writes: inpatient_stays
-- grain: one inpatient claim with the stay it belongs to
-- key: version_id
WITH ordered AS (
  SELECT member_id, version_id, from_date, through_date,
    MAX(through_date) OVER (
      PARTITION BY member_id ORDER BY from_date, through_date, version_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end
  FROM member_claims
  WHERE is_inpatient = 1 AND is_newborn = 0
),
numbered AS (
  SELECT member_id, version_id, from_date, through_date,
    CAST(SUM(CASE WHEN earlier_end IS NULL OR DATE_DIFF('day', earlier_end, from_date) > 1 THEN 1 ELSE 0 END) OVER (
      PARTITION BY member_id ORDER BY from_date, through_date, version_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS BIGINT) AS stay_number
  FROM ordered
)
SELECT member_id, version_id, stay_number,
  MIN(from_date) OVER (PARTITION BY member_id, stay_number) AS stay_start_date,
  MAX(through_date) OVER (PARTITION BY member_id, stay_number) AS stay_end_date
FROM numbered
