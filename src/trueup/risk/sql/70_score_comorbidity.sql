-- Adds up the comorbidity weights of each episode, from the claims of its birth and the age; a stratifier, never a price factor.
-- reads: episode_units, event_evidence, claim_roles, member_claims, risk_measures, rule_comorbidity
-- writes: episode_comorbidity
-- grain: one episode
-- key: episode_id
WITH found AS (
  SELECT e.episode_id, w.factor
  FROM episode_units AS e
  JOIN event_evidence AS v ON v.member_id = e.member_id AND v.event_number = e.event_number
  JOIN member_claims AS c ON c.version_id = v.version_id
  JOIN claim_roles AS r ON r.version_id = v.version_id
  JOIN rule_comorbidity AS w ON w.code_role = r.code_role
  WHERE c.is_newborn = 0 AND r.source = 'diagnosis'
  UNION
  SELECT m.episode_id, w.factor
  FROM risk_measures AS m
  JOIN rule_comorbidity AS w ON w.source = m.source
  WHERE (w.band_from IS NULL OR m.measure >= w.band_from) AND (w.band_to IS NULL OR m.measure <= w.band_to)
),
weights AS (SELECT DISTINCT factor, weight_smm, weight_nontransfusion FROM rule_comorbidity)
SELECT e.episode_id,
  COUNT(f.factor) AS factor_count,
  COALESCE(CAST(SUM(w.weight_smm) AS BIGINT), CAST(0 AS BIGINT)) AS score_smm,
  COALESCE(CAST(SUM(w.weight_nontransfusion) AS BIGINT), CAST(0 AS BIGINT)) AS score_nontransfusion
FROM episode_units AS e
LEFT JOIN found AS f ON f.episode_id = e.episode_id
LEFT JOIN weights AS w ON w.factor = f.factor
GROUP BY e.episode_id
