-- States the facts of each unit that measures may compare.
-- reads: measure_units, panel_members, final_eligibility, panel_costs, panel_visits, emergency_visits
-- writes: unit_facts
-- grain: one fact of one unit
-- key: unit_id, fact
WITH persons AS (
  SELECT member_id, MIN(birth_date) AS birth_date, MAX(CASE WHEN LOWER(gender) = 'female' THEN 1 ELSE 0 END) AS is_female
  FROM final_eligibility
  GROUP BY member_id
),
costs AS (
  SELECT period, member_id, CAST(SUM(truncated_cost_cents) AS BIGINT) AS truncated_cost_cents, CAST(SUM(cost_cents) AS BIGINT) AS cost_cents
  FROM panel_costs
  GROUP BY period, member_id
),
visits AS (
  SELECT v.period, v.member_id, COUNT(DISTINCT v.visit_date) AS visits
  FROM panel_visits AS v
  JOIN measure_units AS u ON u.period = v.period AND u.member_id = v.member_id
  WHERE v.visit_date >= u.start_date AND v.visit_date <= u.end_date
  GROUP BY v.period, v.member_id
),
emergencies AS (
  SELECT u.unit_id, COUNT(*) AS visits
  FROM measure_units AS u
  JOIN emergency_visits AS e ON e.member_id = u.member_id
  WHERE e.visit_date >= u.start_date AND e.visit_date <= u.end_date
  GROUP BY u.unit_id
)
SELECT u.unit_id, 'age' AS fact,
  CAST(YEAR(u.end_date) - YEAR(q.birth_date) - CASE WHEN MONTH(q.birth_date) * 100 + DAY(q.birth_date) > MONTH(u.end_date) * 100 + DAY(u.end_date) THEN 1 ELSE 0 END AS BIGINT) AS fact_value
FROM measure_units AS u JOIN persons AS q ON q.member_id = u.member_id WHERE q.birth_date IS NOT NULL
UNION ALL SELECT u.unit_id, 'is_female' AS fact, CAST(q.is_female AS BIGINT) AS fact_value FROM measure_units AS u JOIN persons AS q ON q.member_id = u.member_id
UNION ALL SELECT u.unit_id, 'covered_months' AS fact, CAST(m.covered_months AS BIGINT) AS fact_value
FROM measure_units AS u JOIN panel_members AS m ON m.member_id = u.member_id AND m.period = u.period
UNION ALL SELECT u.unit_id, 'primary_care_visits' AS fact, CAST(COALESCE(v.visits, 0) AS BIGINT) AS fact_value
FROM measure_units AS u LEFT JOIN visits AS v ON v.member_id = u.member_id AND v.period = u.period
UNION ALL SELECT u.unit_id, 'emergency_visits' AS fact, CAST(COALESCE(e.visits, 0) AS BIGINT) AS fact_value
FROM measure_units AS u LEFT JOIN emergencies AS e ON e.unit_id = u.unit_id
UNION ALL SELECT u.unit_id, 'has_substance_use_emergency' AS fact, CAST(CASE WHEN u.stay_start_date IS NULL THEN 0 ELSE 1 END AS BIGINT) AS fact_value
FROM measure_units AS u
UNION ALL SELECT u.unit_id, 'cost_cents' AS fact, COALESCE(c.cost_cents, 0) AS fact_value
FROM measure_units AS u LEFT JOIN costs AS c ON c.member_id = u.member_id AND c.period = u.period
UNION ALL SELECT u.unit_id, 'truncated_cost_cents' AS fact, COALESCE(c.truncated_cost_cents, 0) AS fact_value
FROM measure_units AS u LEFT JOIN costs AS c ON c.member_id = u.member_id AND c.period = u.period
