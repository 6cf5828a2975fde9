-- Decides which anchor events open an episode: the first one and each first one after its window; or all, where a later one replaces an earlier.
-- The events that open are those the first reaches by jumps of 1, 2, 4, 8 and 16 windows: thirty-one more.
-- reads: framed_anchors, run_params
-- writes: anchor_events
-- grain: one anchor event that opens an episode
-- key: member_id, event_number
WITH jumps_1 AS (
  SELECT a.member_id, a.event_number, MIN(b.event_number) AS reached
  FROM framed_anchors AS a
  JOIN framed_anchors AS b ON b.member_id = a.member_id
  WHERE b.anchor_date > a.window_end_date AND b.event_number > a.event_number
  GROUP BY a.member_id, a.event_number
),
jumps_2 AS (SELECT a.member_id, a.event_number, b.reached FROM jumps_1 AS a JOIN jumps_1 AS b ON b.member_id = a.member_id AND b.event_number = a.reached),
jumps_4 AS (SELECT a.member_id, a.event_number, b.reached FROM jumps_2 AS a JOIN jumps_2 AS b ON b.member_id = a.member_id AND b.event_number = a.reached),
jumps_8 AS (SELECT a.member_id, a.event_number, b.reached FROM jumps_4 AS a JOIN jumps_4 AS b ON b.member_id = a.member_id AND b.event_number = a.reached),
jumps_16 AS (SELECT a.member_id, a.event_number, b.reached FROM jumps_8 AS a JOIN jumps_8 AS b ON b.member_id = a.member_id AND b.event_number = a.reached),
openings_1 AS (SELECT member_id, MIN(event_number) AS event_number FROM framed_anchors GROUP BY member_id),
openings_2 AS (
  SELECT member_id, event_number FROM openings_1
  UNION
  SELECT o.member_id, j.reached FROM openings_1 AS o JOIN jumps_1 AS j ON j.member_id = o.member_id AND j.event_number = o.event_number
),
openings_4 AS (
  SELECT member_id, event_number FROM openings_2
  UNION
  SELECT o.member_id, j.reached FROM openings_2 AS o JOIN jumps_2 AS j ON j.member_id = o.member_id AND j.event_number = o.event_number
),
openings_8 AS (
  SELECT member_id, event_number FROM openings_4
  UNION
  SELECT o.member_id, j.reached FROM openings_4 AS o JOIN jumps_4 AS j ON j.member_id = o.member_id AND j.event_number = o.event_number
),
openings_16 AS (
  SELECT member_id, event_number FROM openings_8
  UNION
  SELECT o.member_id, j.reached FROM openings_8 AS o JOIN jumps_8 AS j ON j.member_id = o.member_id AND j.event_number = o.event_number
),
openings AS (
  SELECT member_id, event_number FROM openings_16
  UNION
  SELECT o.member_id, j.reached FROM openings_16 AS o JOIN jumps_16 AS j ON j.member_id = o.member_id AND j.event_number = o.event_number
),
-- A later anchor inside the window of an earlier one.
followed AS (
  SELECT DISTINCT a.member_id, a.event_number
  FROM framed_anchors AS a
  JOIN framed_anchors AS b ON b.member_id = a.member_id
  WHERE b.event_number > a.event_number AND b.anchor_date <= a.window_end_date
)
SELECT f.member_id, f.event_number, f.anchor_date, f.anchor_date_source, f.setting, f.stay_start_date, f.stay_end_date, f.window_start_date, f.window_end_date,
  CASE WHEN p.second_anchor = 'replaces_first' AND l.member_id IS NOT NULL THEN 1 ELSE 0 END AS is_replaced
FROM framed_anchors AS f
CROSS JOIN run_params AS p
LEFT JOIN openings AS o ON o.member_id = f.member_id AND o.event_number = f.event_number
LEFT JOIN followed AS l ON l.member_id = f.member_id AND l.event_number = f.event_number
WHERE p.second_anchor = 'replaces_first' OR o.member_id IS NOT NULL
