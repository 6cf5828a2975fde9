-- Ranks the providers of each member by visits, ties in the order the rule states.
-- reads: panel_visits, run_params
-- writes: panel_candidates
-- grain: one provider a member saw in one period's look-back
-- key: period, member_id, npi
WITH days AS (
  SELECT period, member_id, npi, visit_date, CAST(SUM(visit_cents) AS BIGINT) AS visit_cents
  FROM panel_visits
  GROUP BY period, member_id, npi, visit_date
),
counted AS (
  SELECT period, member_id, npi, COUNT(*) AS visits, MAX(visit_date) AS latest_visit_date, CAST(SUM(visit_cents) AS BIGINT) AS visit_cents,
    YEAR(MAX(visit_date)) * 10000 + MONTH(MAX(visit_date)) * 100 + DAY(MAX(visit_date)) AS latest_day
  FROM days
  GROUP BY period, member_id, npi
)
SELECT c.period, c.member_id, c.npi, c.visits, c.latest_visit_date, c.visit_cents,
  ROW_NUMBER() OVER (
    PARTITION BY c.period, c.member_id
    ORDER BY c.visits DESC,
      CASE WHEN p.tie_1 = 'latest_visit' THEN c.latest_day WHEN p.tie_1 = 'dollars' THEN c.visit_cents ELSE 0 END DESC,
      CASE WHEN p.tie_2 = 'latest_visit' THEN c.latest_day WHEN p.tie_2 = 'dollars' THEN c.visit_cents ELSE 0 END DESC,
      c.npi
  ) AS candidate_rank
FROM counted AS c
CROSS JOIN run_params AS p
