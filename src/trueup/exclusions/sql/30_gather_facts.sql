-- Gathers the facts of each episode that an exclusion rule may compare.
-- reads: episode_units, decided_lines, event_evidence, attribution_candidates, line_entities, line_roles, claim_roles, candidate_diagnoses, coverage_gaps, candidate_eligibility, rule_codes, rule_exclusions, visible_lines, version_dispositions, dropped_copies
-- writes: base_facts
-- grain: one fact of one episode
-- key: episode_id, fact
WITH in_window AS (SELECT * FROM decided_lines WHERE is_in_window = 1),
people AS (
  SELECT member_id, MIN(birth_date) AS birth_date, MIN(death_date) AS death_date, MAX(CASE WHEN LOWER(gender) = 'male' THEN 1 ELSE 0 END) AS is_male
  FROM candidate_eligibility
  GROUP BY member_id
),
dual_rows AS (
  SELECT e.episode_id,
    DATE_DIFF('day', GREATEST(g.enrollment_start_date, e.episode_start_date), LEAST(COALESCE(g.enrollment_end_date, e.episode_end_date), e.episode_end_date)) + 1 AS days
  FROM episode_units AS e
  JOIN candidate_eligibility AS g ON g.member_id = e.member_id
  SEMI JOIN rule_codes AS c ON c.code_role = 'dual_status' AND c.code = g.dual_status_code
  WHERE g.enrollment_start_date <= e.episode_end_date AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= e.episode_start_date)
),
diagnosed AS (
  SELECT DISTINCT c.version_id FROM candidate_diagnoses AS c SEMI JOIN in_window AS w ON w.version_id = c.version_id
),
prenatal AS (
  SELECT d.episode_id, COUNT(DISTINCT d.version_id || '|' || CAST(d.claim_line_number AS VARCHAR)) AS lines
  FROM in_window AS d
  JOIN episode_units AS e ON e.episode_id = d.episode_id
  JOIN attribution_candidates AS a ON a.episode_id = d.episode_id AND a.won
  JOIN line_entities AS n ON n.version_id = d.version_id AND n.claim_line_number = d.claim_line_number AND n.entity_id = a.entity_id
  JOIN line_roles AS r ON r.version_id = d.version_id AND r.claim_line_number = d.claim_line_number
  LEFT JOIN (SELECT DISTINCT version_id FROM claim_roles WHERE source = 'diagnosis' AND code_role = 'pregnancy') AS g ON g.version_id = d.version_id
  LEFT JOIN diagnosed AS o ON o.version_id = d.version_id
  WHERE d.claim_type = 'professional'
    AND (r.code_role = 'prenatal_any_date'
      OR (r.code_role = 'prenatal_visit' AND d.line_start_date < e.delivery_date AND (g.version_id IS NOT NULL OR o.version_id IS NULL)))
  GROUP BY d.episode_id
),
professional AS (
  SELECT e.episode_id, COUNT(*) AS lines
  FROM episode_units AS e
  JOIN event_evidence AS v ON v.member_id = e.member_id AND v.event_number = e.event_number
  WHERE e.is_too_soon = 0 AND v.claim_line_number > 0
  GROUP BY e.episode_id
),
held AS (
  SELECT e.episode_id, COUNT(*) AS lines, CAST(SUM(l.paid_cents) AS BIGINT) AS cents
  FROM visible_lines AS l
  JOIN version_dispositions AS v ON v.version_id = l.version_id
  JOIN episode_units AS e ON e.member_id = l.member_id
  ANTI JOIN dropped_copies AS c
    ON c.batch_id = l.batch_id AND c.source_table = l.source_table AND c.source_file = l.source_file AND c.source_row = l.source_row
  WHERE v.reason IN ('family.held', 'adj.cycle') AND e.is_too_soon = 0 AND l.line_start_date >= e.episode_start_date AND l.line_start_date <= e.episode_end_date
  GROUP BY e.episode_id
),
-- Claims with a code of a rule's own list; such a fact is named like the meaning of its codes, which begins with the word exclusion.
listed AS (SELECT DISTINCT fact FROM rule_exclusions WHERE SUBSTRING(fact, 1, 10) = 'exclusion_'),
coded AS (
  SELECT d.episode_id, r.code_role AS fact, d.version_id
  FROM in_window AS d
  JOIN claim_roles AS r ON r.version_id = d.version_id
  SEMI JOIN listed AS k ON k.fact = r.code_role
  UNION
  SELECT d.episode_id, r.code_role AS fact, d.version_id
  FROM in_window AS d
  JOIN line_roles AS r ON r.version_id = d.version_id AND r.claim_line_number = d.claim_line_number
  SEMI JOIN listed AS k ON k.fact = r.code_role
),
facts AS (
  SELECT episode_id, 'fetus_count' AS fact, fetus_count AS fact_value FROM episode_units
  UNION ALL SELECT episode_id, 'is_stillbirth' AS fact, CASE WHEN outcome = 'stillbirth' THEN 1 ELSE 0 END AS fact_value FROM episode_units
  UNION ALL SELECT episode_id, 'interval_too_short' AS fact, is_too_soon AS fact_value FROM episode_units
  UNION ALL SELECT episode_id, 'longest_gap_days' AS fact, longest_gap_days AS fact_value FROM coverage_gaps
  UNION ALL SELECT e.episode_id, 'dual_days' AS fact, COALESCE(MAX(d.days), 0) AS fact_value
    FROM episode_units AS e LEFT JOIN dual_rows AS d ON d.episode_id = e.episode_id GROUP BY e.episode_id
  UNION ALL SELECT e.episode_id, 'tpl_lines' AS fact, COUNT(CASE WHEN d.other_payer_cents > 0 THEN 1 END) AS fact_value
    FROM episode_units AS e LEFT JOIN in_window AS d ON d.episode_id = e.episode_id GROUP BY e.episode_id
  UNION ALL SELECT e.episode_id, 'prenatal_lines_by_accountable' AS fact, COALESCE(q.lines, 0) AS fact_value
    FROM episode_units AS e LEFT JOIN prenatal AS q ON q.episode_id = e.episode_id
  UNION ALL SELECT e.episode_id, 'professional_delivery_lines' AS fact, COALESCE(q.lines, 0) AS fact_value
    FROM episode_units AS e LEFT JOIN professional AS q ON q.episode_id = e.episode_id
  UNION ALL SELECT e.episode_id, 'held_lines' AS fact, COALESCE(q.lines, 0) AS fact_value
    FROM episode_units AS e LEFT JOIN held AS q ON q.episode_id = e.episode_id
  UNION ALL SELECT e.episode_id, 'held_cents' AS fact, COALESCE(q.cents, 0) AS fact_value
    FROM episode_units AS e LEFT JOIN held AS q ON q.episode_id = e.episode_id
  UNION ALL SELECT e.episode_id, 'death_in_window' AS fact,
      CASE WHEN q.death_date >= e.episode_start_date AND q.death_date <= e.episode_end_date THEN 1 ELSE 0 END AS fact_value
    FROM episode_units AS e LEFT JOIN people AS q ON q.member_id = e.member_id
  UNION ALL SELECT e.episode_id, 'is_male' AS fact, COALESCE(q.is_male, 0) AS fact_value
    FROM episode_units AS e LEFT JOIN people AS q ON q.member_id = e.member_id
  UNION ALL SELECT e.episode_id, 'age_at_delivery' AS fact,
      YEAR(e.delivery_date) - YEAR(q.birth_date)
      - CASE WHEN MONTH(e.delivery_date) * 100 + DAY(e.delivery_date) < MONTH(q.birth_date) * 100 + DAY(q.birth_date) THEN 1 ELSE 0 END AS fact_value
    FROM episode_units AS e JOIN people AS q ON q.member_id = e.member_id
  UNION ALL SELECT e.episode_id, k.fact, COUNT(c.version_id) AS fact_value
    FROM episode_units AS e CROSS JOIN listed AS k LEFT JOIN coded AS c ON c.episode_id = e.episode_id AND c.fact = k.fact GROUP BY e.episode_id, k.fact
)
SELECT episode_id, fact, CAST(fact_value AS BIGINT) AS fact_value FROM facts WHERE fact_value IS NOT NULL
