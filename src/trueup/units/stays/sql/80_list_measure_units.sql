-- Lists the discharges that measures look at: whoever owns the outcome, and whoever owns the length of a chained stay where that is another.
-- reads: measured_discharges, run_params
-- writes: measure_units
-- grain: one discharge for one owner
-- key: unit_id
WITH counted AS (
  SELECT s.*, CASE WHEN p.los_owner = 'first' THEN s.first_facility_id ELSE s.facility_id END AS length_owner_id
  FROM measured_discharges AS s
  CROSS JOIN run_params AS p
),
owners AS (
  SELECT stay_id AS unit_id, facility_id AS entity_id, c.* FROM counted AS c
  UNION ALL
  SELECT stay_id || 'L' AS unit_id, length_owner_id AS entity_id, c.* FROM counted AS c WHERE stay_kind = 'psychiatric' AND length_owner_id <> facility_id
)
SELECT unit_id, 'stay' AS unit_kind, member_id, entity_id, period, admission_date AS start_date, discharge_date AS anchor_date, discharge_date AS end_date,
  admission_date AS stay_start_date, discharge_date AS stay_end_date, stay_id, stay_kind, length_owner_id, facility_id
FROM owners
