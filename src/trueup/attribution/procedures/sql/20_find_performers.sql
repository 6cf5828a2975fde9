-- Finds who performed the anchor procedure: billers of its professional lines, or of its institutional claims, highest paid first.
-- reads: episode_units, event_evidence, member_lines, line_entities, run_params
-- writes: deliverers
-- grain: one entity with anchor lines in one episode
-- key: episode_id, entity_id
WITH lines AS (
  SELECT e.episode_id, n.entity_id, l.line_start_date, l.paid_cents
  FROM episode_units AS e
  CROSS JOIN run_params AS p
  JOIN event_evidence AS v ON v.member_id = e.member_id AND v.event_number = e.event_number
  JOIN member_lines AS l ON l.version_id = v.version_id AND (l.claim_line_number = v.claim_line_number OR v.claim_line_number = 0)
  JOIN line_entities AS n ON n.version_id = l.version_id AND n.claim_line_number = l.claim_line_number
  WHERE e.is_too_soon = 0 AND n.entity_id IS NOT NULL
    AND CASE WHEN p.episode_rule = 'anchor_facility' THEN 'institutional' ELSE 'professional' END = l.claim_type
),
totals AS (
  SELECT episode_id, entity_id, CAST(SUM(paid_cents) AS BIGINT) AS delivery_amount_cents, MIN(line_start_date) AS first_date
  FROM lines
  GROUP BY episode_id, entity_id
)
SELECT episode_id, entity_id, delivery_amount_cents, first_date,
  ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY delivery_amount_cents DESC, first_date, entity_id) AS candidate_rank
FROM totals
