-- Takes the episodes of the studied period that own lines, and says which of them a delivery DRG shows and the study stands on.
-- reads: episode_units, event_evidence, claim_roles, definition_params
-- writes: definition_episodes
-- grain: one episode of the studied period
-- key: episode_id
WITH drg_births AS (
  SELECT DISTINCT e.member_id, e.event_number
  FROM event_evidence AS e
  SEMI JOIN (
    SELECT version_id FROM claim_roles
    WHERE source = 'drg' AND code_role IN ('delivery_vaginal', 'delivery_cesarean', 'delivery_any')
  ) AS r ON r.version_id = e.version_id
)
SELECT u.episode_id, u.member_id,
  CASE WHEN b.member_id IS NULL THEN 0 ELSE 1 END AS has_delivery_drg,
  CASE WHEN p.anchor = 'any' OR b.member_id IS NOT NULL THEN 1 ELSE 0 END AS is_anchored
FROM episode_units AS u
JOIN definition_params AS p ON p.period = u.period
LEFT JOIN drg_births AS b ON b.member_id = u.member_id AND b.event_number = u.event_number
WHERE u.is_too_soon = 0
