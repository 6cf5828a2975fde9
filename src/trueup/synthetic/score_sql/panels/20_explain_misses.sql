-- Gives each wrong or missing answer the first cause that the member's visits of the period have.
-- reads: answers, truth_panels, possible_causes, score_params
-- writes: misses
-- grain: one wrong or missing answer
-- key: comparison, period, member_id
WITH causes AS (
  SELECT t.period, t.member_id, 'visit_voided_or_denied' AS cause
  FROM truth_panels AS t CROSS JOIN score_params AS p
  WHERE t.program = p.program AND t.lost_visits <> '0'
  UNION ALL
  SELECT t.period, t.member_id, 'known_after_the_run' AS cause
  FROM truth_panels AS t CROSS JOIN score_params AS p
  WHERE t.program = p.program AND CAST(t.last_known_date AS DATE) > p.as_of
),
wrong AS (
  SELECT comparison, period, member_id FROM answers WHERE true_value IS DISTINCT FROM found_value
),
ranked AS (
  SELECT w.comparison, w.period, w.member_id, l.cause,
    ROW_NUMBER() OVER (PARTITION BY w.comparison, w.period, w.member_id ORDER BY l.place) AS cause_rank
  FROM wrong AS w
  JOIN possible_causes AS l ON l.comparison = w.comparison
  JOIN causes AS c ON c.period = w.period AND c.member_id = w.member_id AND c.cause = l.cause
)
SELECT w.comparison, w.period, w.member_id, COALESCE(r.cause, 'unexplained') AS cause
FROM wrong AS w
LEFT JOIN ranked AS r ON r.comparison = w.comparison AND r.period = w.period AND r.member_id = w.member_id AND r.cause_rank = 1
