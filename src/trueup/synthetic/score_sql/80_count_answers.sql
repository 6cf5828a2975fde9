-- Counts what is true, what was found, and what was found as it is.
-- reads: answers
-- writes: answer_counts
-- grain: one comparison
-- key: comparison
SELECT comparison, COUNT(true_value) AS true_count, COUNT(found_value) AS found_count, COUNT(CASE WHEN true_value = found_value THEN 1 END) AS right_count
FROM answers
GROUP BY comparison
