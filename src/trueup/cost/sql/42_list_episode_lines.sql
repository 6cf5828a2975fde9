-- Lists every line in an episode's nominal window, in or out, with its reason, entity, category and cost.
-- reads: decided_lines, line_entities
-- writes: episode_lines
-- grain: one final claim line inside an episode's nominal window
-- key: episode_id, claim_id, version_seq, claim_line_number
SELECT d.episode_id, d.claim_id, d.version_seq, d.claim_line_number, d.line_start_date, n.entity_id, d.reason IS NULL AS included,
  COALESCE(d.reason, '') AS reason, d.category, d.cost_cents
FROM decided_lines AS d
LEFT JOIN line_entities AS n ON n.version_id = d.version_id AND n.claim_line_number = d.claim_line_number
