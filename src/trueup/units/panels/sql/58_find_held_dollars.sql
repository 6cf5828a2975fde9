-- Sums the dollars of claim families on hold that fall into panel months: they are in no cost, and may stop a settlement.
-- reads: visible_lines, version_dispositions, panel_months
-- writes: panel_held
-- grain: one entity, payer and contract of one period with dollars on hold
-- key: entity_id, payer, period, contract_id
SELECT m.entity_id, m.payer, m.period, m.contract_id, CAST(SUM(COALESCE(l.paid_cents, 0)) AS BIGINT) AS held_cents
FROM visible_lines AS l
JOIN version_dispositions AS v ON v.version_id = l.version_id
JOIN panel_months AS m ON m.member_id = l.member_id AND m.month_number = YEAR(l.line_start_date) * 12 + MONTH(l.line_start_date) - 1
WHERE v.reason IN ('family.held', 'adj.cycle') AND m.entity_id IS NOT NULL
GROUP BY m.entity_id, m.payer, m.period, m.contract_id
