-- Sets each covered member's attribution beside whom the member truly saw most often, one row per comparison.
-- reads: panel_members, truth_panels, score_params
-- writes: answers
-- grain: one comparison of one member in one period
-- key: comparison, period, member_id
WITH true_panels AS (
  SELECT t.period, t.member_id, t.provider_npi, t.entity_id, t.visits, t.deciding_rule, t.covered_months
  FROM truth_panels AS t
  CROSS JOIN score_params AS p
  WHERE t.program = p.program
),
pairs AS (
  SELECT t.period, t.member_id, t.provider_npi AS true_npi, t.entity_id AS true_entity_id, t.visits AS true_visits, t.deciding_rule AS true_rule,
    t.covered_months AS true_months, f.member_id AS found_member_id, f.provider_npi, f.entity_id, f.visits, f.deciding_rule, f.covered_months
  FROM true_panels AS t
  LEFT JOIN panel_members AS f ON f.period = t.period AND f.member_id = t.member_id
)
SELECT 'covered_members' AS comparison, period, member_id, 'covered' AS true_value, CASE WHEN found_member_id IS NOT NULL THEN 'covered' END AS found_value FROM pairs
UNION ALL
SELECT 'covered_months' AS comparison, period, member_id, true_months AS true_value, CAST(covered_months AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'attributed_members' AS comparison, period, member_id, CASE WHEN true_npi IS NOT NULL THEN 'attributed' END AS true_value,
  CASE WHEN provider_npi IS NOT NULL THEN 'attributed' END AS found_value
FROM pairs
UNION ALL
SELECT 'provider' AS comparison, period, member_id, true_npi AS true_value, provider_npi AS found_value FROM pairs
UNION ALL
SELECT 'practice' AS comparison, period, member_id, true_entity_id AS true_value, entity_id AS found_value FROM pairs
UNION ALL
SELECT 'visits' AS comparison, period, member_id, true_visits AS true_value, CAST(visits AS VARCHAR) AS found_value FROM pairs
UNION ALL
SELECT 'deciding_rule' AS comparison, period, member_id, COALESCE(true_rule, 'no_visit') AS true_value, deciding_rule AS found_value FROM pairs
