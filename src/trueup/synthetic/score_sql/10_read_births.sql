-- Reads the true births as typed columns: which of them the program should have found, and what it can know of them.
-- reads: truth_pregnancies, truth_practices, attributed_kinds, score_params, score_outcomes
-- writes: true_births
-- grain: one true birth, whatever its outcome
-- key: pregnancy_id
WITH births AS (
  SELECT t.pregnancy_id, t.member_id, CAST(t.delivery_date AS DATE) AS delivery_date, CAST(t.gestation_weeks AS INTEGER) AS gestation_weeks, t.outcome,
    t.mode, CAST(t.admission_date AS DATE) AS admission_date, CAST(t.discharge_date AS DATE) AS discharge_date,
    CASE WHEN p.attribution_rule = 'delivering_entity' THEN t.delivering_entity_id ELSE t.attributed_entity_id END AS entity_id,
    t.expected_found = 'true' AS has_usable_claim, CAST(t.first_known_date AS DATE) AS first_known_date, t.missing_cause,
    t.professional_delivery_claims = '0' AS has_no_deliverer
  FROM truth_pregnancies AS t
  CROSS JOIN score_params AS p
  WHERE t.outcome <> 'loss'
),
-- without a list of kinds no practice is outside it
outside AS (
  SELECT DISTINCT x.entity_id
  FROM truth_practices AS x
  CROSS JOIN attributed_kinds AS any_kind
  LEFT JOIN attributed_kinds AS k ON k.provider_type = x.provider_type
  WHERE k.provider_type IS NULL
)
SELECT b.pregnancy_id, b.member_id, b.delivery_date, b.gestation_weeks, b.outcome, b.mode, b.admission_date, b.discharge_date, b.entity_id, b.missing_cause,
  b.has_no_deliverer,
  o.outcome IS NOT NULL AND b.delivery_date <= p.as_of AS is_expected,
  b.has_usable_claim AND b.first_known_date <= p.as_of AS is_knowable,
  b.has_usable_claim AND b.first_known_date > p.as_of AS is_known_later,
  x.entity_id IS NOT NULL AS is_outside_kinds
FROM births AS b
CROSS JOIN score_params AS p
LEFT JOIN score_outcomes AS o ON o.outcome = b.outcome
LEFT JOIN outside AS x ON x.entity_id = b.entity_id
