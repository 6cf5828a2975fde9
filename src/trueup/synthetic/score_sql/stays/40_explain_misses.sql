-- Gives each wrong, missing or surplus answer the first cause that some stay of the same member has.
-- reads: answers, true_stays, stays, possible_causes
-- writes: misses
-- grain: one wrong, missing or surplus answer
-- key: comparison, true_id, found_id
WITH causes AS (
  SELECT member_id, 'claim_voided_denied_or_not_covered' AS cause FROM true_stays WHERE is_lost GROUP BY member_id
  UNION ALL
  SELECT member_id, 'known_after_the_run' AS cause FROM true_stays WHERE is_known_later GROUP BY member_id
),
wrong AS (
  SELECT a.comparison, a.true_id, a.found_id, COALESCE(t.member_id, s.member_id) AS member_id
  FROM answers AS a
  LEFT JOIN true_stays AS t ON t.stay_id = a.true_id
  LEFT JOIN stays AS s ON s.stay_id = a.found_id
  WHERE a.true_value IS DISTINCT FROM a.found_value
),
ranked AS (
  SELECT w.comparison, w.true_id, w.found_id, l.cause,
    ROW_NUMBER() OVER (PARTITION BY w.comparison, w.true_id, w.found_id ORDER BY l.place) AS cause_rank
  FROM wrong AS w
  JOIN possible_causes AS l ON l.comparison = w.comparison
  JOIN causes AS c ON c.member_id = w.member_id AND c.cause = l.cause
)
SELECT w.comparison, w.true_id, w.found_id, COALESCE(r.cause, 'unexplained') AS cause
FROM wrong AS w
LEFT JOIN ranked AS r
  ON r.comparison = w.comparison AND r.true_id IS NOT DISTINCT FROM w.true_id AND r.found_id IS NOT DISTINCT FROM w.found_id AND r.cause_rank = 1
