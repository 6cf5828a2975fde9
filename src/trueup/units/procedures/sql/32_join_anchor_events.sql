-- Joins evidence into anchor events while the next begins within the program's merge days of the latest end.
-- reads: anchor_evidence, run_params
-- writes: event_evidence
-- grain: one piece of evidence with the anchor event it belongs to
-- key: version_id, claim_line_number
WITH ordered AS (
  SELECT e.*,
    MAX(interval_end_date) OVER (
      PARTITION BY member_id ORDER BY interval_start_date, interval_end_date, version_id, claim_line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end
  FROM anchor_evidence AS e
)
SELECT o.member_id, o.version_id, o.claim_line_number, o.evidence_date, o.interval_start_date, o.interval_end_date,
  o.stay_start_date, o.stay_end_date,
  CAST(SUM(CASE WHEN o.earlier_end IS NULL OR DATE_DIFF('day', o.earlier_end, o.interval_start_date) > p.merge_days THEN 1 ELSE 0 END) OVER (
    PARTITION BY o.member_id ORDER BY o.interval_start_date, o.interval_end_date, o.version_id, o.claim_line_number
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS BIGINT) AS event_number
FROM ordered AS o
CROSS JOIN run_params AS p
