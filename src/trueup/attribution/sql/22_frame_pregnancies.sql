-- Gives every pregnancy its window and its last month; an open one ends where the member's next pregnancy begins.
-- reads: ended_pregnancies, open_pregnancies, run_params
-- writes: pregnancy_frames
-- grain: one pregnancy of a member
-- key: pregnancy_id
WITH starts AS (
  SELECT member_id, window_start_date FROM ended_pregnancies WHERE window_start_date <= window_end_date
  UNION ALL
  SELECT member_id, window_start_date FROM open_pregnancies
),
followed AS (
  SELECT o.pregnancy_id, CAST(MIN(s.window_start_date) - INTERVAL 1 DAY AS DATE) AS day_before_next
  FROM open_pregnancies AS o
  JOIN starts AS s ON s.member_id = o.member_id
  WHERE s.window_start_date > o.opening_date
  GROUP BY o.pregnancy_id
),
frames AS (
  SELECT e.pregnancy_id, e.episode_id, e.member_id, e.pregnancy_start_date, e.start_source, e.end_kind, e.end_date, e.window_start_date, e.window_end_date,
    CASE WHEN e.end_kind = 'loss' THEN 2 ELSE 1 END AS kind_order,
    CASE WHEN e.end_kind = 'loss' THEN e.end_date ELSE CAST(e.end_date + INTERVAL (p.days_after) DAY AS DATE) END AS last_day,
    0 AS months_after, CAST(NULL AS DATE) AS day_before_next
  FROM ended_pregnancies AS e
  CROSS JOIN run_params AS p
  UNION ALL
  SELECT o.pregnancy_id, CAST(NULL AS VARCHAR) AS episode_id, o.member_id, o.pregnancy_start_date, o.start_source, 'open' AS end_kind, o.end_date, o.window_start_date,
    LEAST(o.window_end_date, COALESCE(f.day_before_next, o.window_end_date)) AS window_end_date,
    3 AS kind_order, o.window_end_date AS last_day, COALESCE(p.months_after_expected_end, 0) AS months_after, f.day_before_next
  FROM open_pregnancies AS o
  CROSS JOIN run_params AS p
  LEFT JOIN followed AS f ON f.pregnancy_id = o.pregnancy_id
),
numbered AS (
  SELECT f.*, YEAR(last_day) * 12 + MONTH(last_day) - 1 + months_after AS month_number, YEAR(day_before_next) * 12 + MONTH(day_before_next) - 1 AS month_before_next
  FROM frames AS f
)
SELECT pregnancy_id, episode_id, member_id, pregnancy_start_date, start_source, end_kind, end_date, window_start_date, window_end_date, kind_order,
  LEAST(month_number, COALESCE(month_before_next, month_number)) AS last_month_number
FROM numbered
