-- Says of each day whether its facility is paid by tier or by the interim add-on, and why not by tier.
-- reads: addon_days, visible_hospital_status, rule_eligible_classes, run_params
-- writes: decided_addon_days
-- grain: one covered day of one stay
-- key: stay_id, service_day
WITH statuses AS (
  SELECT stay_id, service_day, hospital_class, peer_group, election
  FROM (
    SELECT d.stay_id, d.service_day, h.hospital_class, h.peer_group, h.election,
      ROW_NUMBER() OVER (PARTITION BY d.stay_id, d.service_day ORDER BY h.effective_from DESC NULLS LAST, h.hospital_class, h.peer_group, h.election) AS status_number
    FROM addon_days AS d
    JOIN visible_hospital_status AS h ON h.facility_id = d.facility_id
    WHERE (h.effective_from IS NULL OR h.effective_from <= d.rate_day) AND (h.effective_to IS NULL OR d.rate_day < h.effective_to)
  ) AS ranked
  WHERE status_number = 1
)
SELECT d.*, s.hospital_class, s.peer_group,
  CASE
    WHEN d.rate_day < p.tiers_from THEN 'before_start'
    WHEN s.hospital_class IS NULL THEN 'hospital_unknown'
    WHEN c.hospital_class IS NULL THEN 'not_eligible'
    WHEN s.election IS NULL OR s.election <> 'enrolled' THEN 'declined'
    ELSE ''
  END AS fallback_reason
FROM addon_days AS d
CROSS JOIN run_params AS p
LEFT JOIN statuses AS s ON s.stay_id = d.stay_id AND s.service_day = d.service_day
LEFT JOIN rule_eligible_classes AS c ON c.hospital_class = s.hospital_class
WHERE d.rate_day IS NOT NULL
