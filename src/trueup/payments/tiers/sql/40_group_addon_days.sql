-- Groups the days of a stay by facility, month, purpose and rate; the month is that of the day which decides the rate.
-- reads: rated_addon_days
-- writes: grouped_addon_days
-- grain: one facility of one stay in one month at one rate
-- key: stay_id, entity_id, month, purpose, rate_version, reason
SELECT stay_id, facility_id AS entity_id, member_id, SUBSTRING(CAST(rate_day AS VARCHAR), 1, 7) AS month, MIN(service_day) AS first_day, MAX(service_day) AS last_day,
  COUNT(*) AS days, purpose, hospital_class, peer_group, CASE WHEN rate_cents IS NULL THEN 'no_rate' ELSE COALESCE(NULLIF(fallback_reason, ''), 'tier') END AS reason,
  rate_cents, rate_unit, COALESCE(rate_version, '') AS rate_version, paid_cents, stay_days
FROM rated_addon_days
GROUP BY stay_id, facility_id, member_id, SUBSTRING(CAST(rate_day AS VARCHAR), 1, 7), purpose, hospital_class, peer_group,
  CASE WHEN rate_cents IS NULL THEN 'no_rate' ELSE COALESCE(NULLIF(fallback_reason, ''), 'tier') END, rate_cents, rate_unit, COALESCE(rate_version, ''), paid_cents, stay_days
