-- Lists the provider types of each entity, and whether each is excluded, allowed, or can trigger.
-- reads: final_provider, visible_entity_crosswalk, rule_provider_types
-- writes: entity_types
-- grain: one provider type of one entity
-- key: entity_id, provider_type
WITH resolved AS (
  SELECT DISTINCT COALESCE(x.entity_id, r.entity_id, r.tin, r.npi) AS entity_id, r.provider_type
  FROM final_provider AS r
  LEFT JOIN visible_entity_crosswalk AS x ON x.tin = r.tin
  WHERE r.provider_type IS NOT NULL
)
SELECT e.entity_id, e.provider_type,
  MAX(CASE WHEN t.list = 'excluded' THEN 1 ELSE 0 END) AS is_excluded,
  MAX(CASE WHEN t.list = 'allowed' THEN 1 ELSE 0 END) AS is_allowed,
  MAX(CASE WHEN t.list = 'trigger' THEN 1 ELSE 0 END) AS can_trigger
FROM resolved AS e
LEFT JOIN rule_provider_types AS t ON t.provider_type = e.provider_type
GROUP BY e.entity_id, e.provider_type
