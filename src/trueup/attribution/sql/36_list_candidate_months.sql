-- Lists every month in which an entity could be paid: the attributed and handed-over ones, and, where both are paid, any other entity that triggers beside the holder.
-- reads: attribution_months, entity_activity, run_params
-- writes: candidate_months
-- grain: one entity in one month of a pregnancy
-- key: pregnancy_id, month_number, entity_id
WITH worked AS (
  SELECT pregnancy_id, entity_id, month_number, MAX(is_trigger) AS has_trigger FROM entity_activity GROUP BY pregnancy_id, entity_id, month_number
)
SELECT pregnancy_id, episode_id, member_id, month_number, month, entity_id, status, rule FROM attribution_months
UNION ALL
SELECT h.pregnancy_id, h.episode_id, h.member_id, h.month_number, h.month, w.entity_id, 'overlap' AS status, 'trigger' AS rule
FROM attribution_months AS h
CROSS JOIN run_params AS p
JOIN worked AS k ON k.pregnancy_id = h.pregnancy_id AND k.entity_id = h.entity_id AND k.month_number = h.month_number
JOIN worked AS w ON w.pregnancy_id = h.pregnancy_id AND w.month_number = h.month_number
ANTI JOIN attribution_months AS l ON l.pregnancy_id = w.pregnancy_id AND l.month_number = w.month_number AND l.entity_id = w.entity_id
WHERE p.same_month = 'pay_both' AND h.status = 'attributed' AND w.has_trigger = 1
