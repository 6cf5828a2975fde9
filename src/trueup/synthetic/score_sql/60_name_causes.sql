-- Lists what is planted in each true birth, or follows from the run's date, and the same of pregnancies that reach into its window.
-- A denied claim that was billed again is no cause, and a late one only while it may not have arrived.
-- reads: truth_planted, truth_pregnancies, true_births, true_windows, unseen_losses, score_params
-- writes: birth_causes
-- grain: one cause of one true birth
-- key: pregnancy_id, cause
WITH rebilled AS (
  SELECT claim_family_id FROM truth_planted WHERE kind = 'rebilled_after_denial'
),
arrived AS (
  SELECT w.pregnancy_id
  FROM true_windows AS w
  CROSS JOIN score_params AS p
  WHERE CAST(w.last_day + INTERVAL (p.longest_lag_days) DAY AS DATE) <= p.as_of
),
planted AS (
  SELECT t.pregnancy_id, t.kind AS cause
  FROM truth_planted AS t
  LEFT JOIN rebilled AS r ON r.claim_family_id = t.claim_family_id
  LEFT JOIN arrived AS a ON a.pregnancy_id = t.pregnancy_id
  WHERE t.pregnancy_id IS NOT NULL AND NOT (t.kind = 'denied_claim' AND r.claim_family_id IS NOT NULL)
    AND NOT (t.kind = 'late_arrival' AND a.pregnancy_id IS NOT NULL)
  UNION ALL
  SELECT b.pregnancy_id, t.kind
  FROM truth_planted AS t
  JOIN true_births AS b ON b.member_id = t.member_id
  WHERE t.pregnancy_id IS NULL AND t.claim_family_id IS NULL
  UNION ALL
  SELECT pregnancy_id, missing_cause FROM true_births WHERE missing_cause IS NOT NULL
  UNION ALL
  SELECT pregnancy_id, 'known_after_the_run' FROM true_births WHERE is_known_later
  UNION ALL
  SELECT pregnancy_id, 'professional_delivery_claims_voided_or_denied' FROM true_births WHERE has_no_deliverer
  UNION ALL
  SELECT pregnancy_id, 'loss_without_final_line' FROM unseen_losses
),
earlier AS (
  SELECT w.pregnancy_id, q.cause
  FROM true_windows AS w
  JOIN true_births AS b ON b.pregnancy_id = w.pregnancy_id
  JOIN truth_pregnancies AS t ON t.member_id = b.member_id
  LEFT JOIN true_windows AS x ON x.pregnancy_id = t.pregnancy_id
  JOIN planted AS q ON q.pregnancy_id = t.pregnancy_id
  WHERE CAST(t.delivery_date AS DATE) < b.delivery_date AND COALESCE(x.last_day, CAST(t.delivery_date AS DATE)) >= w.nominal_first_day
)
SELECT pregnancy_id, cause FROM planted
UNION
SELECT pregnancy_id, CONCAT('earlier:', cause) FROM earlier
UNION
SELECT w.pregnancy_id, 'run_out_not_complete'
FROM true_windows AS w
CROSS JOIN score_params AS p
WHERE CAST(w.last_day + INTERVAL (p.runout_days) DAY AS DATE) > p.as_of
UNION
SELECT pregnancy_id, 'practice_kind_not_attributed' FROM true_births WHERE is_outside_kinds
