-- Lists the visits of each look-back: all lines of a member with one provider of one group on one day are one visit.
-- reads: visit_lines, visit_groups, panel_windows
-- writes: panel_visits
-- grain: one day of one member with one provider in one group, in one period's look-back
-- key: period, member_id, npi, entity_id, visit_date
SELECT w.period, l.member_id, l.npi, g.entity_id, l.visit_date, CAST(SUM(l.visit_cents) AS BIGINT) AS visit_cents
FROM visit_lines AS l
JOIN visit_groups AS g ON g.version_id = l.version_id AND g.claim_line_number = l.claim_line_number
JOIN panel_windows AS w ON l.visit_date >= w.lookback_first_day AND l.visit_date <= w.lookback_last_day
GROUP BY w.period, l.member_id, l.npi, g.entity_id, l.visit_date
