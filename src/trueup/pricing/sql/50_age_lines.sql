-- Sums what counts in episodes by type of service, month of service and the months until it was known, for completion.
-- reads: decided_lines, final_lines
-- writes: claim_ages
-- grain: one type of service, month of service and age in months
-- key: service_type, origin_month_number, age_months
SELECT
  CASE d.claim_type WHEN 'pharmacy' THEN 'pharmacy' WHEN 'institutional' THEN 'facility' ELSE 'professional' END AS service_type,
  YEAR(d.line_start_date) * 12 + MONTH(d.line_start_date) - 1 AS origin_month_number,
  YEAR(f.known_date) * 12 + MONTH(f.known_date) - YEAR(d.line_start_date) * 12 - MONTH(d.line_start_date) AS age_months,
  CAST(SUM(d.cost_cents) AS BIGINT) AS paid_cents
FROM decided_lines AS d
JOIN final_lines AS f ON f.version_id = d.version_id AND f.claim_line_number = d.claim_line_number
WHERE d.reason IS NULL AND f.known_date IS NOT NULL AND f.known_date >= d.line_start_date
GROUP BY 1, 2, 3
