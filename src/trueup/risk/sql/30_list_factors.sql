-- Lists the risk factors of each episode: coded ones with the first day of a code, measured ones without a day.
-- reads: risk_measures, risk_codes, rule_risk_factors
-- writes: episode_factors
-- grain: one risk factor of one episode
-- key: episode_id, factor
SELECT m.episode_id, f.factor, f.domain, f.tag, f.used = 1 AS used, CAST(NULL AS DATE) AS first_date, f.pattern_bit
FROM risk_measures AS m
JOIN rule_risk_factors AS f ON f.source = m.source
WHERE (f.band_from IS NULL OR m.measure >= f.band_from) AND (f.band_to IS NULL OR m.measure <= f.band_to)
UNION ALL
SELECT c.episode_id, f.factor, f.domain, f.tag, f.used = 1 AS used, c.first_date, f.pattern_bit
FROM risk_codes AS c
JOIN rule_risk_factors AS f ON f.factor = c.factor
