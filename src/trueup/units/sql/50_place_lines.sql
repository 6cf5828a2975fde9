-- Gives each line in a nominal window its one home: the episode whose own window holds it, else the first whose nominal window does.
-- reads: member_lines, episode_units
-- writes: placed_lines
-- grain: one final line inside a nominal window
-- key: version_id, claim_line_number
WITH candidates AS (
  SELECT e.episode_id, l.version_id, l.claim_line_number,
    CASE WHEN l.line_start_date >= e.episode_start_date AND l.line_start_date <= e.episode_end_date THEN 1 ELSE 0 END AS is_in_window,
    ROW_NUMBER() OVER (
      PARTITION BY l.version_id, l.claim_line_number
      ORDER BY CASE WHEN l.line_start_date >= e.episode_start_date AND l.line_start_date <= e.episode_end_date THEN 0 ELSE 1 END, e.delivery_date, e.episode_id
    ) AS home_number
  FROM member_lines AS l
  JOIN episode_units AS e ON e.member_id = l.member_id
  WHERE e.is_too_soon = 0 AND l.line_start_date >= e.window_start_date AND l.line_start_date <= e.window_end_date
)
SELECT episode_id, version_id, claim_line_number, is_in_window FROM candidates WHERE home_number = 1
