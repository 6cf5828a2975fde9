-- Builds the stays of every kind; the last facility of a chain owns what comes after it.
-- reads: chained_stays, run_params
-- writes: hospital_stays
-- grain: one inpatient stay of a member
-- key: stay_id
WITH bounded AS (
  SELECT s.*, GREATEST(CAST(s.through_date + INTERVAL (s.is_still_patient) DAY AS DATE), CAST(s.from_date + INTERVAL 1 DAY AS DATE)) AS day_after
  FROM chained_stays AS s
),
ranked AS (
  SELECT s.*,
    MAX(day_after) OVER (
      PARTITION BY member_id, stay_kind, stay_number ORDER BY from_date, through_date, facility_id, facility_stay_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_day_after,
    ROW_NUMBER() OVER (PARTITION BY member_id, stay_kind, stay_number ORDER BY from_date, through_date, facility_id, facility_stay_number) AS first_number,
    ROW_NUMBER() OVER (
      PARTITION BY member_id, stay_kind, stay_number ORDER BY through_date DESC, from_date DESC, facility_id DESC, facility_stay_number DESC
    ) AS last_number
  FROM bounded AS s
),
grouped AS (
  SELECT member_id, stay_kind, stay_number, MIN(from_date) AS admission_date, MAX(through_date) AS last_day,
    MAX(CASE WHEN first_number = 1 THEN facility_id END) AS first_facility_id, MAX(CASE WHEN last_number = 1 THEN facility_id END) AS facility_id,
    MAX(CASE WHEN last_number = 1 THEN is_still_patient ELSE 0 END) AS is_open,
    MAX(CASE WHEN last_number = 1 THEN is_mental_principal ELSE 0 END) AS is_mental_principal,
    MAX(CASE WHEN last_number = 1 THEN is_against_advice ELSE 0 END) AS is_against_advice,
    MAX(CASE WHEN last_number = 1 THEN is_died ELSE 0 END) AS is_died,
    MAX(has_self_harm) AS has_self_harm, MAX(CASE WHEN first_number = 1 THEN is_planned ELSE 0 END) AS is_planned,
    CAST(SUM(GREATEST(DATE_DIFF('day', GREATEST(from_date, COALESCE(earlier_day_after, from_date)), day_after), 0)) AS BIGINT) AS covered_days,
    CAST(SUM(interruption_days) AS BIGINT) AS interruption_days, CAST(SUM(is_interruption) AS BIGINT) AS interruption_count,
    CAST(SUM(is_transfer) AS BIGINT) AS transfer_count, CAST(SUM(delay_days) AS BIGINT) AS delay_days,
    CAST(SUM(paid_cents) AS BIGINT) AS paid_cents, CAST(SUM(claim_count) AS BIGINT) AS claim_count
  FROM ranked
  GROUP BY member_id, stay_kind, stay_number
)
SELECT
  'S' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || g.member_id || '|' || g.stay_kind || '|' || g.first_facility_id || '|' || CAST(g.admission_date AS VARCHAR)), 1, 16) AS stay_id,
  g.*,
  CASE WHEN g.is_open = 0 THEN g.last_day END AS discharge_date,
  DATE_DIFF('day', g.admission_date, g.last_day) + g.is_open AS elapsed_days,
  CASE WHEN g.is_mental_principal = 1 OR g.has_self_harm = 1 THEN 1 ELSE 0 END AS is_mental_discharge
FROM grouped AS g
CROSS JOIN run_params AS p
