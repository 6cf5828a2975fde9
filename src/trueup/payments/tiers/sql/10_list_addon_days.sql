-- Lists the covered days of each stay at the facility where the member was, with the day that decides their rate.
-- reads: known_stays, chained_stays, hospital_stays, day_numbers, run_params
-- writes: addon_days
-- grain: one covered day of one stay
-- key: stay_id, service_day
WITH segments AS (
  SELECT h.stay_id, c.facility_id, c.from_date, c.through_date, c.is_still_patient, c.paid_cents
  FROM chained_stays AS c
  JOIN hospital_stays AS h ON h.member_id = c.member_id AND h.stay_kind = c.stay_kind AND h.stay_number = c.stay_number
),
parts AS (
  SELECT s.stay_id, s.member_id, COALESCE(g.facility_id, s.facility_id) AS facility_id,
    COALESCE(g.from_date, s.admission_date) AS from_date,
    GREATEST(DATE_DIFF('day', COALESCE(g.from_date, s.admission_date), COALESCE(g.through_date, s.discharge_date)) + COALESCE(g.is_still_patient, 0), 1) AS day_count,
    COALESCE(g.paid_cents, s.paid_cents) AS paid_cents, s.admission_date, s.discharge_date
  FROM known_stays AS s
  LEFT JOIN segments AS g ON g.stay_id = s.stay_id
  WHERE s.exclusion_reasons = ''
),
days AS (
  SELECT p.stay_id, p.member_id, p.facility_id, p.from_date, CAST(p.from_date + INTERVAL (n.day_number) DAY AS DATE) AS service_day, p.admission_date, p.discharge_date
  FROM parts AS p
  JOIN day_numbers AS n ON n.day_number < p.day_count
),
placed AS (
  SELECT d.*, ROW_NUMBER() OVER (PARTITION BY d.stay_id, d.service_day ORDER BY d.from_date DESC, d.facility_id) AS place_number
  FROM days AS d
),
lengths AS (SELECT stay_id, facility_id, COUNT(*) AS stay_days FROM placed WHERE place_number = 1 GROUP BY stay_id, facility_id),
money AS (SELECT stay_id, facility_id, CAST(SUM(paid_cents) AS BIGINT) AS paid_cents FROM parts GROUP BY stay_id, facility_id)
SELECT d.stay_id, d.member_id, d.facility_id, d.service_day, m.paid_cents, l.stay_days,
  CASE p.addon_by WHEN 'day' THEN d.service_day WHEN 'admission' THEN d.admission_date ELSE d.discharge_date END AS rate_day
FROM placed AS d
CROSS JOIN run_params AS p
JOIN money AS m ON m.stay_id = d.stay_id AND m.facility_id = d.facility_id
JOIN lengths AS l ON l.stay_id = d.stay_id AND l.facility_id = d.facility_id
WHERE d.place_number = 1
  AND SUBSTRING(CAST(CASE p.addon_by WHEN 'day' THEN d.service_day WHEN 'admission' THEN d.admission_date ELSE d.discharge_date END AS VARCHAR), 1, 7) <= p.through_month
