-- Finds the coded factors of each episode: the first day a code of the factor stands on a claim inside the factor's span.
-- reads: episode_units, member_claims, claim_roles, candidate_diagnoses, rule_risk_factors, rule_risk
-- writes: risk_codes
-- grain: one coded factor of one episode
-- key: episode_id, factor
WITH late AS (
  SELECT DISTINCT version_id, position FROM candidate_diagnoses WHERE present_on_admission IN ('N', 'U')
),
coded AS (
  SELECT c.member_id, f.factor, f.span, COALESCE(r.procedure_date, c.from_date) AS coded_date
  FROM claim_roles AS r
  JOIN rule_risk_factors AS f ON f.code_role = r.code_role
  JOIN member_claims AS c ON c.version_id = r.version_id
  LEFT JOIN late AS n ON n.version_id = r.version_id AND n.position = r.position AND r.source = 'diagnosis'
  -- What arose after admission proves nothing about before.
  WHERE c.is_newborn = 0 AND (f.tag <> 'pre_existing' OR n.version_id IS NULL)
),
spans AS (
  SELECT e.episode_id, e.member_id, 'before_pregnancy' AS span,
    CAST(e.pregnancy_start_date - INTERVAL (r.lookback_days) DAY AS DATE) AS first_day,
    CAST(e.pregnancy_start_date - INTERVAL 1 DAY AS DATE) AS last_day
  FROM episode_units AS e CROSS JOIN rule_risk AS r
  UNION ALL
  SELECT e.episode_id, e.member_id, 'early_pregnancy' AS span,
    CAST(e.pregnancy_start_date - INTERVAL (r.lookback_days) DAY AS DATE) AS first_day,
    LEAST(CAST(e.pregnancy_start_date + INTERVAL (r.early_days) DAY AS DATE), e.delivery_date) AS last_day
  FROM episode_units AS e CROSS JOIN rule_risk AS r
  UNION ALL
  SELECT e.episode_id, e.member_id, 'delivery' AS span,
    CAST(e.pregnancy_start_date - INTERVAL (r.lookback_days) DAY AS DATE) AS first_day,
    e.delivery_date AS last_day
  FROM episode_units AS e CROSS JOIN rule_risk AS r
  UNION ALL
  SELECT e.episode_id, e.member_id, 'episode' AS span, e.episode_start_date AS first_day, e.episode_end_date AS last_day
  FROM episode_units AS e
)
SELECT s.episode_id, c.factor, MIN(c.coded_date) AS first_date
FROM spans AS s
JOIN coded AS c ON c.member_id = s.member_id AND c.span = s.span
WHERE c.coded_date >= s.first_day AND c.coded_date <= s.last_day
GROUP BY s.episode_id, c.factor
