-- Lists the months of every covered member: payer, group, contract and risk score.
-- reads: covered_months, panel_members, contract_months, visible_member_scores, run_params
-- writes: panel_months
-- grain: one covered month of one member
-- key: member_id, month
SELECT m.member_id, m.period, m.month_number, m.month, m.payer, a.provider_npi, a.entity_id,
  COALESCE(k.contract_id, '') AS contract_id, COALESCE(k.terms_id, '') AS terms_id,
  COALESCE(CAST(s.risk_score * 1000000 AS BIGINT), p.default_score_micros) AS risk_micros,
  CASE WHEN s.member_id IS NULL THEN 1 ELSE 0 END AS has_default_score
FROM covered_months AS m
CROSS JOIN run_params AS p
JOIN panel_members AS a ON a.period = m.period AND a.member_id = m.member_id
LEFT JOIN contract_months AS k ON k.entity_id = a.entity_id AND k.payer = m.payer AND k.month_number = m.month_number
LEFT JOIN visible_member_scores AS s ON s.member_id = m.member_id AND s.period = m.period
