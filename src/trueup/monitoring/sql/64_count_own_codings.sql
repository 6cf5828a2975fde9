-- Counts each entity's attributed episodes with a watched factor that was coded by delivery, and those in which only the entity itself coded it.
-- reads: episodes, watched_codings
-- writes: own_codings
-- grain: one check, entity and period
-- key: check_id, entity_id, period
WITH seen AS (
  SELECT c.check_id, c.factor, e.episode_id, MIN(e.attributed_entity_id) AS entity_id, MIN(e.period) AS period,
    MIN(CASE WHEN c.entity_id = e.attributed_entity_id THEN 1 ELSE 0 END) AS is_only_own
  FROM watched_codings AS c
  JOIN episodes AS e ON e.member_id = c.member_id
  WHERE c.from_date <= e.delivery_date AND e.attributed_entity_id IS NOT NULL AND e.period IS NOT NULL
  GROUP BY c.check_id, c.factor, e.episode_id
)
SELECT check_id, entity_id, period, COUNT(*) AS units, COUNT(CASE WHEN is_only_own = 1 THEN 1 END) AS events
FROM seen
GROUP BY check_id, entity_id, period
