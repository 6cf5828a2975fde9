-- Puts a rate beside each month and says whether it is paid, with the first reason why not.
-- reads: care_months, entity_gates, rule_periods, final_participation, prices, run_params
-- writes: case_rate_months
-- grain: one entity in one month of a pregnancy
-- key: pregnancy_id, month_number, entity_id
WITH dated AS (
  SELECT m.*,
    GREATEST(m.first_trigger_date, p.go_live) AS roster_day,
    CASE WHEN p.portability_rate = 'first' THEN m.first_holder_id ELSE m.entity_id END AS rate_entity_id,
    GREATEST(
      CAST(p.go_live - INTERVAL (DAY(p.go_live) - 1) DAY AS DATE),
      CASE
        WHEN p.rate_change = 'rate_of_month' THEN m.first_day
        WHEN p.portability_rate = 'first' THEN CAST(m.first_holder_trigger_date - INTERVAL (DAY(m.first_holder_trigger_date) - 1) DAY AS DATE)
        ELSE CAST(m.first_trigger_date - INTERVAL (DAY(m.first_trigger_date) - 1) DAY AS DATE)
      END
    ) AS rate_day
  FROM care_months AS m
  CROSS JOIN run_params AS p
),
rates AS (
  SELECT pregnancy_id, month_number, entity_id, effective_from, amount_cents
  FROM (
    SELECT d.pregnancy_id, d.month_number, d.entity_id, q.effective_from, q.amount_cents,
      ROW_NUMBER() OVER (PARTITION BY d.pregnancy_id, d.month_number, d.entity_id ORDER BY q.effective_from DESC, q.cohort, q.amount_cents) AS rate_number
    FROM dated AS d
    JOIN prices AS q ON q.entity_id = d.rate_entity_id
    WHERE q.price = 'case_rate' AND q.status = 'final' AND q.effective_from <= d.rate_day
  ) AS ranked
  WHERE rate_number = 1
),
rostered AS (
  SELECT DISTINCT d.pregnancy_id, d.entity_id
  FROM dated AS d
  CROSS JOIN run_params AS p
  JOIN final_participation AS s ON s.entity_id = d.entity_id AND s.program = p.program
  WHERE d.roster_day >= s.joined_on AND (s.left_on IS NULL OR d.roster_day < s.left_on)
),
judged AS (
  SELECT d.*, o.period AS roster_period, q.effective_from AS rate_effective_from, q.amount_cents AS rate_amount_cents,
    CASE
      WHEN d.stop_reason <> '' THEN 'not_in_care'
      WHEN d.last_day < p.go_live THEN 'before_go_live'
      WHEN d.end_kind <> 'open' AND d.end_date < p.go_live THEN 'ended_before_go_live'
      WHEN o.period IS NULL THEN 'outside_periods'
      WHEN g.accountable IS NULL OR NOT g.accountable THEN 'not_accountable'
      WHEN p.roster = 'participation' AND r.entity_id IS NULL THEN 'not_on_roster'
      WHEN d.is_holder_only = 1 THEN 'same_month_rule'
      WHEN d.is_recouped = 1 THEN 'recouped'
      WHEN q.amount_cents IS NULL THEN 'no_rate'
      WHEN d.month_number > p.through_month_number THEN 'not_due'
      ELSE ''
    END AS unpaid_reason
  FROM dated AS d
  CROSS JOIN run_params AS p
  LEFT JOIN rule_periods AS o ON o.role = 'performance' AND d.roster_day >= o.first_day AND d.roster_day <= o.last_day
  LEFT JOIN entity_gates AS g ON g.entity_id = d.entity_id AND g.period = o.period
  LEFT JOIN rostered AS r ON r.pregnancy_id = d.pregnancy_id AND r.entity_id = d.entity_id
  LEFT JOIN rates AS q ON q.pregnancy_id = d.pregnancy_id AND q.month_number = d.month_number AND q.entity_id = d.entity_id
)
SELECT pregnancy_id, episode_id, member_id, month_number, month, first_day, entity_id, status, rule, end_kind, end_date, first_trigger_date,
  stop_reason = '' AS in_care, stop_reason, roster_period, rate_effective_from, rate_amount_cents, unpaid_reason = '' AS paid, unpaid_reason, is_replayed
FROM judged
