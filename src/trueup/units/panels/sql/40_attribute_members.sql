-- Attributes each covered member of a period to a provider and its group, with the rule that decided.
-- reads: covered_months, panel_candidates, panel_provider_groups, run_params
-- writes: panel_members
-- grain: one covered member of one period
-- key: period, member_id
WITH members AS (SELECT period, member_id, COUNT(*) AS covered_months FROM covered_months GROUP BY period, member_id),
counts AS (SELECT period, member_id, COUNT(*) AS candidates FROM panel_candidates GROUP BY period, member_id),
compared AS (
  SELECT a.period, a.member_id, a.npi, a.visits, a.latest_visit_date, a.visit_cents, n.candidates,
    CASE WHEN b.npi IS NULL THEN 'only_provider' WHEN a.visits > b.visits THEN 'most_visits'
      WHEN p.tie_1 = 'latest_visit' AND a.latest_visit_date > b.latest_visit_date THEN 'latest_visit'
      WHEN p.tie_1 = 'dollars' AND a.visit_cents > b.visit_cents THEN 'dollars'
      WHEN p.tie_2 = 'latest_visit' AND a.latest_visit_date > b.latest_visit_date THEN 'latest_visit'
      WHEN p.tie_2 = 'dollars' AND a.visit_cents > b.visit_cents THEN 'dollars'
      ELSE 'smallest_id' END AS deciding_rule
  FROM panel_candidates AS a
  CROSS JOIN run_params AS p
  JOIN counts AS n ON n.period = a.period AND n.member_id = a.member_id
  LEFT JOIN panel_candidates AS b ON b.period = a.period AND b.member_id = a.member_id AND b.candidate_rank = 2
  WHERE a.candidate_rank = 1
),
groups AS (SELECT period, npi, entity_id FROM panel_provider_groups WHERE group_rank = 1)
SELECT m.member_id, m.period, c.npi AS provider_npi, g.entity_id, m.covered_months, COALESCE(c.visits, 0) AS visits, c.latest_visit_date,
  COALESCE(c.visit_cents, 0) AS visit_cents, COALESCE(c.candidates, 0) AS candidates, COALESCE(c.deciding_rule, 'no_visit') AS deciding_rule
FROM members AS m
LEFT JOIN compared AS c ON c.period = m.period AND c.member_id = m.member_id
LEFT JOIN groups AS g ON g.period = c.period AND g.npi = c.npi
