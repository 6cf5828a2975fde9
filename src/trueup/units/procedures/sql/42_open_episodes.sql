-- Opens an episode for each anchor event, clips its window behind the earlier one, and places it in a period. A replaced one owns no lines.
-- reads: anchor_events, rule_periods, run_params
-- writes: episode_units
-- grain: one episode
-- key: episode_id
WITH bounds AS (
  SELECT n.member_id, n.event_number, MAX(e.window_end_date) AS bound_date
  FROM anchor_events AS n
  JOIN anchor_events AS e ON e.member_id = n.member_id
  WHERE e.event_number < n.event_number AND e.is_replaced = 0 AND e.window_end_date >= n.window_start_date
  GROUP BY n.member_id, n.event_number
),
clipped AS (
  SELECT a.*,
    CASE WHEN b.bound_date IS NULL THEN a.window_start_date
      ELSE GREATEST(a.window_start_date, CAST(b.bound_date + INTERVAL 1 DAY AS DATE)) END AS episode_start_date,
    CASE WHEN p.assign_by = 'episode_end' THEN a.window_end_date ELSE a.anchor_date END AS assign_date
  FROM anchor_events AS a
  CROSS JOIN run_params AS p
  LEFT JOIN bounds AS b ON b.member_id = a.member_id AND b.event_number = a.event_number
)
SELECT
  'E' || SUBSTRING(MD5(p.workspace_key || '|' || p.program || '|' || c.member_id || '|' || CAST(c.anchor_date AS VARCHAR)), 1, 16) AS episode_id,
  c.member_id, c.event_number, c.anchor_date AS delivery_date, c.anchor_date_source AS delivery_date_source,
  CAST(NULL AS DATE) AS pregnancy_start_date, CAST(NULL AS INTEGER) AS gestation_weeks, CAST(NULL AS VARCHAR) AS outcome,
  CAST(NULL AS VARCHAR) AS mode, CAST(NULL AS INTEGER) AS fetus_count, c.stay_start_date, c.stay_end_date, c.is_replaced AS is_too_soon, c.setting,
  c.window_start_date, c.window_end_date, c.episode_start_date, c.window_end_date AS episode_end_date, c.assign_date,
  COALESCE(r.period, 'outside_periods') AS period
FROM clipped AS c
CROSS JOIN run_params AS p
LEFT JOIN rule_periods AS r ON c.assign_date >= r.first_day AND c.assign_date <= r.last_day
