-- Opens a pregnancy for triggers that no birth or loss explains: the first one, and each first one more than 300 days after the last opening.
-- The days that open are those the first day reaches by jumps of 1, 2, 4, 8 and 16 openings: thirty-one more, or 25 years.
-- reads: maternity_lines, ended_pregnancies, run_params
-- writes: open_pregnancies
-- grain: one pregnancy whose end is not known
-- key: pregnancy_id
WITH loose AS (
  SELECT t.member_id, t.line_start_date, MAX(t.gestation_weeks) AS gestation_weeks
  FROM maternity_lines AS t
  ANTI JOIN ended_pregnancies AS e
    ON e.member_id = t.member_id AND t.line_start_date >= e.window_start_date AND t.line_start_date <= e.window_end_date
  WHERE t.can_trigger = 1 AND t.is_far_enough = 1
  GROUP BY t.member_id, t.line_start_date
),
jumps_1 AS (
  SELECT a.member_id, a.line_start_date, MIN(b.line_start_date) AS reached
  FROM loose AS a
  JOIN loose AS b ON b.member_id = a.member_id
  WHERE DATE_DIFF('day', a.line_start_date, b.line_start_date) > 300
  GROUP BY a.member_id, a.line_start_date
),
jumps_2 AS (SELECT a.member_id, a.line_start_date, b.reached FROM jumps_1 AS a JOIN jumps_1 AS b ON b.member_id = a.member_id AND b.line_start_date = a.reached),
jumps_4 AS (SELECT a.member_id, a.line_start_date, b.reached FROM jumps_2 AS a JOIN jumps_2 AS b ON b.member_id = a.member_id AND b.line_start_date = a.reached),
jumps_8 AS (SELECT a.member_id, a.line_start_date, b.reached FROM jumps_4 AS a JOIN jumps_4 AS b ON b.member_id = a.member_id AND b.line_start_date = a.reached),
jumps_16 AS (SELECT a.member_id, a.line_start_date, b.reached FROM jumps_8 AS a JOIN jumps_8 AS b ON b.member_id = a.member_id AND b.line_start_date = a.reached),
openings_1 AS (SELECT member_id, MIN(line_start_date) AS line_start_date FROM loose GROUP BY member_id),
openings_2 AS (
  SELECT member_id, line_start_date FROM openings_1
  UNION
  SELECT o.member_id, j.reached FROM openings_1 AS o JOIN jumps_1 AS j ON j.member_id = o.member_id AND j.line_start_date = o.line_start_date
),
openings_4 AS (
  SELECT member_id, line_start_date FROM openings_2
  UNION
  SELECT o.member_id, j.reached FROM openings_2 AS o JOIN jumps_2 AS j ON j.member_id = o.member_id AND j.line_start_date = o.line_start_date
),
openings_8 AS (
  SELECT member_id, line_start_date FROM openings_4
  UNION
  SELECT o.member_id, j.reached FROM openings_4 AS o JOIN jumps_4 AS j ON j.member_id = o.member_id AND j.line_start_date = o.line_start_date
),
openings_16 AS (
  SELECT member_id, line_start_date FROM openings_8
  UNION
  SELECT o.member_id, j.reached FROM openings_8 AS o JOIN jumps_8 AS j ON j.member_id = o.member_id AND j.line_start_date = o.line_start_date
),
openings AS (
  SELECT member_id, line_start_date FROM openings_16
  UNION
  SELECT o.member_id, j.reached FROM openings_16 AS o JOIN jumps_16 AS j ON j.member_id = o.member_id AND j.line_start_date = o.line_start_date
),
started AS (
  SELECT o.member_id, o.line_start_date AS opening_date, l.gestation_weeks,
    CAST(o.line_start_date - INTERVAL (COALESCE(l.gestation_weeks * 7, p.min_gestation_days)) DAY AS DATE) AS pregnancy_start_date
  FROM openings AS o
  CROSS JOIN run_params AS p
  JOIN loose AS l ON l.member_id = o.member_id AND l.line_start_date = o.line_start_date
),
framed AS (
  SELECT s.*, CAST(s.pregnancy_start_date + INTERVAL (280 + p.days_after) DAY AS DATE) AS window_end_date
  FROM started AS s
  CROSS JOIN run_params AS p
),
bounds AS (
  SELECT f.member_id, f.opening_date, e.window_end_date AS bound_date
  FROM framed AS f
  JOIN ended_pregnancies AS e ON e.member_id = f.member_id
  WHERE e.window_end_date < f.opening_date
  UNION ALL
  SELECT f.member_id, f.opening_date, e.end_date AS bound_date
  FROM framed AS f
  JOIN ended_pregnancies AS e ON e.member_id = f.member_id
  WHERE e.end_kind = 'loss' AND e.end_date < f.opening_date
  UNION ALL
  SELECT f.member_id, f.opening_date, e.window_end_date AS bound_date
  FROM framed AS f
  JOIN framed AS e ON e.member_id = f.member_id
  WHERE e.opening_date < f.opening_date AND e.window_end_date < f.opening_date
),
latest AS (SELECT member_id, opening_date, MAX(bound_date) AS bound_date FROM bounds GROUP BY member_id, opening_date)
SELECT 'P' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || f.member_id || '|' || CAST(f.opening_date AS VARCHAR)), 1, 16) AS pregnancy_id,
  f.member_id, f.pregnancy_start_date, CASE WHEN f.gestation_weeks IS NULL THEN 'trigger_code' ELSE 'trigger_weeks' END AS start_source,
  f.opening_date, CAST(f.pregnancy_start_date + INTERVAL 280 DAY AS DATE) AS end_date,
  CASE WHEN m.bound_date IS NULL THEN f.pregnancy_start_date
    ELSE GREATEST(f.pregnancy_start_date, CAST(m.bound_date + INTERVAL 1 DAY AS DATE)) END AS window_start_date,
  f.window_end_date
FROM framed AS f
CROSS JOIN run_params AS p
LEFT JOIN latest AS m ON m.member_id = f.member_id AND m.opening_date = f.opening_date
