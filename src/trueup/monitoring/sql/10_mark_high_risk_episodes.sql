-- Marks the episodes with a risk factor that a check watches, and the first day the factor was known; a measured factor is known from the start.
-- reads: episodes, episode_factors, rule_monitor_factors
-- writes: high_risk_episodes
-- grain: one episode that a check counts as high-risk
-- key: check_id, episode_id
SELECT k.check_id, e.episode_id, MIN(f.first_date) AS first_date
FROM episodes AS e
JOIN episode_factors AS f ON f.episode_id = e.episode_id AND f.tag = 'pre_existing'
JOIN rule_monitor_factors AS k ON k.factor = f.factor
GROUP BY k.check_id, e.episode_id
