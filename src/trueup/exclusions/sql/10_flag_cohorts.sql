-- Puts each episode into the first cohort of which a line in its own window carries a code.
-- reads: decided_lines, episode_units, line_roles, claim_roles, rule_cohorts, run_params
-- writes: episode_cohorts
-- grain: one episode
-- key: episode_id
WITH flags AS (
  SELECT d.episode_id, k.position, MIN(d.line_start_date) AS cohort_flag_date
  FROM decided_lines AS d
  JOIN line_roles AS r ON r.version_id = d.version_id AND r.claim_line_number = d.claim_line_number
  JOIN rule_cohorts AS k ON k.code_role = r.code_role
  WHERE d.is_in_window = 1
  GROUP BY d.episode_id, k.position
  UNION ALL
  SELECT d.episode_id, k.position, MIN(d.line_start_date) AS cohort_flag_date
  FROM decided_lines AS d
  JOIN claim_roles AS r ON r.version_id = d.version_id
  JOIN rule_cohorts AS k ON k.code_role = r.code_role
  WHERE d.is_in_window = 1 AND r.source = 'diagnosis'
  GROUP BY d.episode_id, k.position
),
firsts AS (
  SELECT episode_id, position, MIN(cohort_flag_date) AS cohort_flag_date,
    ROW_NUMBER() OVER (PARTITION BY episode_id ORDER BY position) AS flag_number
  FROM flags
  GROUP BY episode_id, position
)
SELECT e.episode_id, COALESCE(k.cohort, p.cohort_otherwise) AS cohort, f.cohort_flag_date
FROM episode_units AS e
CROSS JOIN run_params AS p
LEFT JOIN firsts AS f ON f.episode_id = e.episode_id AND f.flag_number = 1
LEFT JOIN rule_cohorts AS k ON k.position = f.position
