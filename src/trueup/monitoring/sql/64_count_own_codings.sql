-- Counts each entity's attributed episodes with a watched factor that was coded by delivery, and those in which only the entity itself coded it.
-- reads: episodes, claim_roles, line_entities, member_claims, rule_monitor_factors, rule_monitor_patterns, rule_risk_factors
-- writes: own_codings
-- grain: one check, entity and period
-- key: check_id, entity_id, period
WITH coded AS (
  SELECT DISTINCT k.check_id, f.factor, r.version_id
  FROM rule_monitor_patterns AS k
  JOIN rule_monitor_factors AS w ON w.check_id = k.check_id
  JOIN rule_risk_factors AS f ON f.factor = w.factor
  JOIN claim_roles AS r ON r.code_role = f.code_role
  WHERE k.pattern = 'own_coding'
),
billers AS (
  SELECT n.version_id, MIN(n.entity_id) AS entity_id FROM line_entities AS n SEMI JOIN coded AS c ON c.version_id = n.version_id GROUP BY n.version_id
),
seen AS (
  SELECT c.check_id, c.factor, e.episode_id, MIN(e.attributed_entity_id) AS entity_id, MIN(e.period) AS period,
    MIN(CASE WHEN b.entity_id = e.attributed_entity_id THEN 1 ELSE 0 END) AS is_only_own
  FROM coded AS c
  JOIN member_claims AS m ON m.version_id = c.version_id
  JOIN episodes AS e ON e.member_id = m.member_id
  LEFT JOIN billers AS b ON b.version_id = c.version_id
  WHERE m.from_date <= e.delivery_date AND e.attributed_entity_id IS NOT NULL AND e.period IS NOT NULL
  GROUP BY c.check_id, c.factor, e.episode_id
)
SELECT check_id, entity_id, period, COUNT(*) AS units, COUNT(CASE WHEN is_only_own = 1 THEN 1 END) AS events
FROM seen
GROUP BY check_id, entity_id, period
