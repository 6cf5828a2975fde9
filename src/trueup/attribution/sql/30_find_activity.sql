-- Finds the days on which an entity triggers, delivers or cares for a pregnancy.
-- reads: pregnancy_lines
-- writes: entity_activity
-- grain: one entity, day and pregnancy with maternity work
-- key: pregnancy_id, entity_id, line_start_date
SELECT pregnancy_id, entity_id, line_start_date,
  YEAR(line_start_date) * 12 + MONTH(line_start_date) - 1 AS month_number,
  MAX(is_trigger) AS is_trigger, MAX(is_delivery) AS is_delivery
FROM pregnancy_lines
WHERE is_work = 1
GROUP BY pregnancy_id, entity_id, line_start_date
