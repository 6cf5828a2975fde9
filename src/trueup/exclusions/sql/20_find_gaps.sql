-- Finds the longest run of days in each episode's own window without coverage.
-- reads: episode_units, candidate_eligibility, eligibility_count
-- writes: coverage_gaps
-- grain: one episode
-- key: episode_id
WITH covered AS (
  SELECT e.episode_id,
    GREATEST(g.enrollment_start_date, e.episode_start_date) AS from_date,
    LEAST(COALESCE(g.enrollment_end_date, e.episode_end_date), e.episode_end_date) AS through_date
  FROM episode_units AS e
  JOIN candidate_eligibility AS g ON g.member_id = e.member_id
  WHERE g.enrollment_start_date <= e.episode_end_date AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= e.episode_start_date)
),
edges AS (
  SELECT episode_id, from_date, through_date FROM covered
  UNION ALL
  SELECT episode_id, CAST(episode_end_date + INTERVAL 1 DAY AS DATE) AS from_date, CAST(episode_end_date + INTERVAL 1 DAY AS DATE) AS through_date
  FROM episode_units
),
ordered AS (
  SELECT c.episode_id, c.from_date,
    COALESCE(
      MAX(c.through_date) OVER (
        PARTITION BY c.episode_id ORDER BY c.from_date, c.through_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      CAST(e.episode_start_date - INTERVAL 1 DAY AS DATE)
    ) AS covered_through
  FROM edges AS c
  JOIN episode_units AS e ON e.episode_id = c.episode_id
)
SELECT o.episode_id, CASE WHEN MIN(h.rows_known) = 0 THEN 0 ELSE GREATEST(MAX(DATE_DIFF('day', o.covered_through, o.from_date) - 1), 0) END AS longest_gap_days
FROM ordered AS o
CROSS JOIN eligibility_count AS h
GROUP BY o.episode_id
