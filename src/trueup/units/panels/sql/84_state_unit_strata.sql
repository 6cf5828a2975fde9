-- States the groups each unit is shown for: race, ethnicity and payer, each as last covered; what is not recorded is 'unknown'.
-- reads: measure_units, final_eligibility, covered_months
-- writes: unit_strata
-- grain: one stratum of one unit
-- key: unit_id, stratum
WITH persons AS (
  SELECT member_id, race, ethnicity
  FROM (
    SELECT member_id, race, ethnicity,
      ROW_NUMBER() OVER (PARTITION BY member_id ORDER BY enrollment_start_date DESC NULLS LAST, batch_id, source_file, source_row) AS row_rank
    FROM final_eligibility
  ) AS ranked
  WHERE row_rank = 1
),
payers AS (
  SELECT member_id, period, payer
  FROM (SELECT c.*, ROW_NUMBER() OVER (PARTITION BY c.member_id, c.period ORDER BY c.month_number DESC) AS month_rank FROM covered_months AS c) AS ranked
  WHERE month_rank = 1
)
SELECT u.unit_id, 'race' AS stratum, COALESCE(q.race, 'unknown') AS stratum_value
FROM measure_units AS u LEFT JOIN persons AS q ON q.member_id = u.member_id
UNION ALL SELECT u.unit_id, 'ethnicity' AS stratum, COALESCE(q.ethnicity, 'unknown') AS stratum_value
FROM measure_units AS u LEFT JOIN persons AS q ON q.member_id = u.member_id
UNION ALL SELECT u.unit_id, 'payer' AS stratum, COALESCE(y.payer, 'unknown') AS stratum_value
FROM measure_units AS u LEFT JOIN payers AS y ON y.member_id = u.member_id AND y.period = u.period
