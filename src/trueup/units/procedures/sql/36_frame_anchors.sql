-- Gives each anchor event its nominal window around the stay or the procedure.
-- reads: dated_anchors, run_params
-- writes: framed_anchors
-- grain: one anchor event in a setting of the program
-- key: member_id, event_number
SELECT d.member_id, d.event_number, d.anchor_date, d.anchor_date_source, d.setting, d.stay_start_date, d.stay_end_date,
  CAST(CASE WHEN p.anchor = 'anchor_stay' THEN d.stay_start_date ELSE d.anchor_date END - INTERVAL (p.days_before) DAY AS DATE) AS window_start_date,
  CAST(CASE WHEN p.anchor = 'anchor_stay' THEN d.stay_end_date ELSE d.anchor_date END + INTERVAL (p.days_after) DAY AS DATE) AS window_end_date
FROM dated_anchors AS d
CROSS JOIN run_params AS p
