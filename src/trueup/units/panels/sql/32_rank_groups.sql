-- Ranks the groups of each provider by the visits of all members, ties in the order the rule states.
-- reads: panel_visits, run_params
-- writes: panel_provider_groups
-- grain: one group under which a provider saw members in one period's look-back
-- key: period, npi, entity_id
WITH counted AS (
  SELECT period, npi, entity_id, COUNT(*) AS visits, MAX(visit_date) AS latest_visit_date, CAST(SUM(visit_cents) AS BIGINT) AS visit_cents,
    YEAR(MAX(visit_date)) * 10000 + MONTH(MAX(visit_date)) * 100 + DAY(MAX(visit_date)) AS latest_day
  FROM panel_visits
  GROUP BY period, npi, entity_id
)
SELECT c.period, c.npi, c.entity_id, c.visits, c.latest_visit_date, c.visit_cents,
  ROW_NUMBER() OVER (
    PARTITION BY c.period, c.npi
    ORDER BY c.visits DESC,
      CASE WHEN p.tie_1 = 'latest_visit' THEN c.latest_day WHEN p.tie_1 = 'dollars' THEN c.visit_cents ELSE 0 END DESC,
      CASE WHEN p.tie_2 = 'latest_visit' THEN c.latest_day WHEN p.tie_2 = 'dollars' THEN c.visit_cents ELSE 0 END DESC,
      c.entity_id
  ) AS group_rank
FROM counted AS c
CROSS JOIN run_params AS p
