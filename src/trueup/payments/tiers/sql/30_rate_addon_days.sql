-- Puts the rate beside each day: the facility's frozen tier rate, else that of a hospital the freeze did not know, or the interim add-on.
-- reads: decided_addon_days, prices, rule_interim_rates
-- writes: rated_addon_days
-- grain: one covered day of one stay
-- key: stay_id, service_day
WITH tier_rates AS (
  SELECT stay_id, service_day, rate_cents, rate_unit, rate_version
  FROM (
    SELECT d.stay_id, d.service_day, q.amount_cents AS rate_cents, CASE WHEN q.price = 'tier_percent' THEN 'percent' ELSE 'per_diem' END AS rate_unit,
      CAST(q.effective_from AS VARCHAR) AS rate_version,
      ROW_NUMBER() OVER (
        PARTITION BY d.stay_id, d.service_day ORDER BY CASE WHEN q.entity_id = d.facility_id THEN 0 WHEN q.cohort = d.peer_group THEN 1 ELSE 2 END, q.effective_from DESC, q.price, q.amount_cents
      ) AS rate_number
    FROM decided_addon_days AS d
    JOIN prices AS q ON q.entity_id = d.facility_id OR (q.entity_id = '*' AND (q.cohort = d.peer_group OR q.cohort = 'all'))
    WHERE d.fallback_reason = '' AND q.price IN ('tier_rate', 'tier_percent') AND q.status = 'final' AND q.effective_from <= d.rate_day AND d.rate_day < q.effective_to
  ) AS ranked
  WHERE rate_number = 1
),
interim_rates AS (
  SELECT stay_id, service_day, rate_cents, rate_unit, rate_version
  FROM (
    SELECT d.stay_id, d.service_day, r.rate_cents, r.rate_unit, r.rate_version,
      ROW_NUMBER() OVER (PARTITION BY d.stay_id, d.service_day ORDER BY CASE WHEN r.hospital_class IS NULL THEN 1 ELSE 0 END, r.effective_from DESC, r.position) AS rate_number
    FROM decided_addon_days AS d
    JOIN rule_interim_rates AS r ON r.hospital_class IS NULL OR r.hospital_class = d.hospital_class
    WHERE d.fallback_reason <> '' AND r.effective_from <= d.rate_day AND d.rate_day < r.effective_to
  ) AS ranked
  WHERE rate_number = 1
)
SELECT d.*, CASE WHEN d.fallback_reason = '' THEN 'tier_add_on' ELSE 'interim_add_on' END AS purpose,
  COALESCE(t.rate_cents, i.rate_cents) AS rate_cents, COALESCE(t.rate_unit, i.rate_unit) AS rate_unit, COALESCE(t.rate_version, i.rate_version) AS rate_version
FROM decided_addon_days AS d
LEFT JOIN tier_rates AS t ON t.stay_id = d.stay_id AND t.service_day = d.service_day
LEFT JOIN interim_rates AS i ON i.stay_id = d.stay_id AND i.service_day = d.service_day
