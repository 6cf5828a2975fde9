-- Counts the episodes of each pattern of factors; a score is computed once per pattern.
-- reads: episode_patterns
-- writes: risk_patterns
-- grain: one pattern
-- key: pattern
SELECT pattern, COUNT(*) AS episodes FROM episode_patterns GROUP BY pattern
