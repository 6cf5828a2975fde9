-- Assembles the episodes: births, windows, attribution, exclusions, cost, and the target where a price covers the episode.
-- reads: episode_units, episode_costs, episode_cohorts, outlier_checks, exclusion_lists, attribution_candidates, entity_gates, base_facts, prices, run_params
-- writes: episodes
-- grain: one birth event that the program counts as an episode
-- key: episode_id
WITH winners AS (SELECT episode_id, entity_id, deciding_rule FROM attribution_candidates WHERE won),
held AS (
  SELECT episode_id, MAX(CASE WHEN fact = 'held_lines' THEN fact_value END) AS held_line_count, MAX(CASE WHEN fact = 'held_cents' THEN fact_value END) AS held_cents
  FROM base_facts
  WHERE fact IN ('held_lines', 'held_cents')
  GROUP BY episode_id
),
targets AS (
  SELECT e.episode_id, MIN(q.amount_cents) AS price_cents
  FROM episode_units AS e
  JOIN winners AS w ON w.episode_id = e.episode_id
  JOIN prices AS q ON q.entity_id = w.entity_id AND q.price = 'target_price'
  WHERE e.assign_date >= q.effective_from AND (q.effective_to IS NULL OR e.assign_date < q.effective_to)
  GROUP BY e.episode_id
)
SELECT e.episode_id, e.member_id, e.delivery_date, e.delivery_date_source, e.pregnancy_start_date, e.gestation_weeks, e.outcome, e.mode,
  e.fetus_count, e.stay_start_date, e.stay_end_date, e.window_start_date, e.window_end_date, e.episode_start_date, e.episode_end_date,
  e.period, w.entity_id AS attributed_entity_id,
  CASE WHEN g.accountable THEN w.entity_id END AS accountable_entity_id,
  COALESCE(w.deciding_rule, 'no_candidate') AS attribution_rule,
  k.cohort, k.cohort_flag_date,
  COALESCE(x.exclusion_reasons, '') AS exclusion_reasons,
  CASE
    WHEN p.outlier_method = 'truncate' AND o.is_above_high = 1 THEN o.high_line_cents
    WHEN p.outlier_method = 'truncate' AND o.is_below_low = 1 THEN o.low_line_cents
    ELSE c.full_cost_cents
  END AS total_cost_cents,
  c.case_rate_cost_cents, c.ffs_cost_cents, c.adjustment_cents AS adjustment_cost_cents, c.handover_cost_cents, c.shadow_cost_cents,
  CAST(CAST(c.risk_micros AS DECIMAL(18, 0)) * CAST('0.000001' AS DECIMAL(9, 6)) AS DECIMAL(18, 6)) AS risk_score,
  (t.price_cents * c.risk_micros * 2 + 1000000) // 2000000 AS target_amount_cents,
  c.claim_line_count,
  COALESCE(h.held_line_count, 0) AS held_line_count,
  COALESCE(h.held_cents, 0) AS held_cents,
  CAST(NULL AS VARCHAR) AS replaces_episode_id
FROM episode_units AS e
CROSS JOIN run_params AS p
JOIN episode_costs AS c ON c.episode_id = e.episode_id
JOIN episode_cohorts AS k ON k.episode_id = e.episode_id
LEFT JOIN outlier_checks AS o ON o.episode_id = e.episode_id
LEFT JOIN exclusion_lists AS x ON x.episode_id = e.episode_id
LEFT JOIN winners AS w ON w.episode_id = e.episode_id
LEFT JOIN entity_gates AS g ON g.entity_id = w.entity_id AND g.period = e.period
LEFT JOIN held AS h ON h.episode_id = e.episode_id
LEFT JOIN targets AS t ON t.episode_id = e.episode_id
