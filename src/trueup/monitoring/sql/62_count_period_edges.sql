-- Counts each entity's deliveries in a period and those in its first and last days, as many as a check's width.
-- reads: episodes, rule_periods, rule_monitor_patterns
-- writes: period_edges
-- grain: one check, entity and period
-- key: check_id, entity_id, period
SELECT k.check_id, e.attributed_entity_id AS entity_id, e.period, COUNT(*) AS units,
  COUNT(
    CASE
      WHEN e.delivery_date < CAST(r.first_day + INTERVAL (k.width) DAY AS DATE) OR e.delivery_date > CAST(r.last_day - INTERVAL (k.width) DAY AS DATE) THEN 1
    END
  ) AS events
FROM episodes AS e
JOIN rule_periods AS r ON r.period = e.period
JOIN rule_monitor_patterns AS k ON k.pattern = 'date_heaping'
WHERE e.attributed_entity_id IS NOT NULL AND e.delivery_date >= r.first_day AND e.delivery_date <= r.last_day
GROUP BY k.check_id, e.attributed_entity_id, e.period
