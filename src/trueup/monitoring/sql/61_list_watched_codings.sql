-- Lists the claims on which a watched factor was coded, with who billed each: a step of its own, since no price changes it.
-- reads: claim_roles, line_entities, member_claims, rule_monitor_factors, rule_monitor_patterns, rule_risk_factors
-- writes: watched_codings
-- grain: one watched factor of one check on one claim version
-- key: check_id, factor, version_id
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
)
SELECT c.check_id, c.factor, c.version_id, m.member_id, m.from_date, b.entity_id
FROM coded AS c
JOIN member_claims AS m ON m.version_id = c.version_id
LEFT JOIN billers AS b ON b.version_id = c.version_id
