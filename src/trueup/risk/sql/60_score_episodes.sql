-- Gives each episode the score of its pattern; without a frozen model no episode has one.
-- reads: episode_patterns, pattern_scores
-- writes: episode_scores
-- grain: one episode
-- key: episode_id
SELECT p.episode_id, p.pattern, s.risk_score
FROM episode_patterns AS p
JOIN pattern_scores AS s ON s.pattern = p.pattern
