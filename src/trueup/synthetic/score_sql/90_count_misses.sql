-- Counts misses by their cause.
-- reads: misses, possible_causes
-- writes: miss_counts
-- grain: one cause of one comparison
-- key: comparison, cause
SELECT m.comparison, m.cause, COALESCE(MIN(l.place), 99) AS place, COUNT(*) AS misses
FROM misses AS m
LEFT JOIN possible_causes AS l ON l.comparison = m.comparison AND l.cause = m.cause
GROUP BY m.comparison, m.cause
