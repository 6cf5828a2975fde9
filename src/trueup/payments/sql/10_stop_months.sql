-- Says of each month in which an entity could be paid whether the member is in care, with the first reason against it, and what decides later.
-- reads: candidate_months, pregnancies, entity_activity, candidate_eligibility, eligibility_count, member_lines, calendar_months, run_params
-- writes: care_months
-- grain: one entity in one month of a pregnancy
-- key: pregnancy_id, month_number, entity_id
WITH member_months AS (SELECT DISTINCT member_id, month_number FROM candidate_months),
deaths AS (SELECT member_id, MIN(death_date) AS death_date FROM candidate_eligibility WHERE death_date IS NOT NULL GROUP BY member_id),
touched AS (
  SELECT DISTINCT m.member_id, m.month_number
  FROM member_months AS m
  JOIN calendar_months AS c ON c.month_number = m.month_number
  JOIN candidate_eligibility AS g ON g.member_id = m.member_id
  WHERE g.enrollment_start_date <= c.last_day AND (g.enrollment_end_date IS NULL OR g.enrollment_end_date >= c.first_day)
),
third_party AS (
  SELECT DISTINCT l.member_id, YEAR(l.line_start_date) * 12 + MONTH(l.line_start_date) - 1 AS month_number
  FROM member_lines AS l
  SEMI JOIN member_months AS m ON m.member_id = l.member_id
  WHERE l.other_payer_cents > 0
),
triggers AS (
  SELECT pregnancy_id, entity_id, MIN(CASE WHEN is_trigger = 1 THEN line_start_date END) AS first_trigger_date,
    MAX(CASE WHEN is_trigger = 1 OR is_delivery = 1 THEN month_number END) AS last_sign_month
  FROM entity_activity
  GROUP BY pregnancy_id, entity_id
),
holders AS (SELECT pregnancy_id, month_number, entity_id FROM candidate_months WHERE status = 'attributed'),
held AS (SELECT pregnancy_id, entity_id, MAX(month_number) AS last_held_month FROM holders GROUP BY pregnancy_id, entity_id),
firsts AS (SELECT pregnancy_id, entity_id, ROW_NUMBER() OVER (PARTITION BY pregnancy_id ORDER BY month_number) AS holder_number FROM holders),
judged AS (
  SELECT m.pregnancy_id, m.episode_id, m.member_id, m.month_number, m.month, m.entity_id, m.status, m.rule, c.first_day, c.last_day,
    b.end_kind, b.end_date, t.first_trigger_date, f.entity_id AS first_holder_id, u.first_trigger_date AS first_holder_trigger_date,
    CASE
      WHEN YEAR(d.death_date) * 12 + MONTH(d.death_date) - 1 < m.month_number THEN 'member_died'
      WHEN p.after_stillbirth = 'stop' AND b.end_kind = 'stillbirth' AND YEAR(b.end_date) * 12 + MONTH(b.end_date) - 1 < m.month_number THEN 'stillbirth'
      WHEN k.rows_known > 0 AND g.member_id IS NULL THEN 'not_covered'
      WHEN p.stop_on_third_party = 1 AND o.member_id IS NOT NULL THEN 'third_party'
      ELSE ''
    END AS stop_reason,
    CASE WHEN m.status = 'handover' AND p.same_month = 'holder_only' THEN 1 ELSE 0 END AS is_holder_only,
    CASE WHEN p.recoup_other = 1 AND m.status <> 'attributed' AND COALESCE(e.last_held_month, -1) <= m.month_number
      AND (q.last_day <= p.as_of OR s.last_sign_month > m.month_number) THEN 1 ELSE 0 END AS is_recouped
  FROM candidate_months AS m
  CROSS JOIN run_params AS p
  CROSS JOIN eligibility_count AS k
  JOIN pregnancies AS b ON b.pregnancy_id = m.pregnancy_id
  JOIN calendar_months AS c ON c.month_number = m.month_number
  JOIN calendar_months AS q ON q.month_number = m.month_number + p.quiet_months
  JOIN triggers AS t ON t.pregnancy_id = m.pregnancy_id AND t.entity_id = m.entity_id
  JOIN firsts AS f ON f.pregnancy_id = m.pregnancy_id AND f.holder_number = 1
  JOIN triggers AS u ON u.pregnancy_id = f.pregnancy_id AND u.entity_id = f.entity_id
  JOIN holders AS h ON h.pregnancy_id = m.pregnancy_id AND h.month_number = m.month_number
  JOIN triggers AS s ON s.pregnancy_id = h.pregnancy_id AND s.entity_id = h.entity_id
  LEFT JOIN held AS e ON e.pregnancy_id = m.pregnancy_id AND e.entity_id = m.entity_id
  LEFT JOIN deaths AS d ON d.member_id = m.member_id
  LEFT JOIN touched AS g ON g.member_id = m.member_id AND g.month_number = m.month_number
  LEFT JOIN third_party AS o ON o.member_id = m.member_id AND o.month_number = m.month_number
  WHERE p.go_live IS NOT NULL
)
SELECT j.*, CASE WHEN stop_reason = '' AND is_holder_only = 0 AND is_recouped = 0 THEN 1 ELSE 0 END AS is_replayed
FROM judged AS j
