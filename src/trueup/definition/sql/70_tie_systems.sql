-- Ties each code system to the listed lines: those under one of its codes and those without make all, in lines and in cents.
-- reads: definition_code_totals, definition_codes, definition_listed_lines
-- writes: definition_ties
-- grain: one code system
-- key: code_system
WITH coded AS (
  SELECT code_system, COUNT(*) AS code_count, CAST(SUM(counted_line_count) AS BIGINT) AS coded_line_count,
    CAST(SUM(counted_spend_cents) AS BIGINT) AS coded_spend_cents
  FROM definition_code_totals
  GROUP BY code_system
),
pairs AS (
  SELECT s.code_system, l.version_id, l.claim_line_number, l.spend_cents
  FROM definition_listed_lines AS l
  CROSS JOIN (SELECT DISTINCT code_system FROM definition_codes) AS s
),
without AS (
  SELECT p.code_system, COUNT(*) AS line_count, CAST(SUM(p.spend_cents) AS BIGINT) AS spend_cents
  FROM pairs AS p
  ANTI JOIN definition_codes AS c
    ON c.code_system = p.code_system AND c.version_id = p.version_id AND c.claim_line_number = p.claim_line_number
  GROUP BY p.code_system
),
listed AS (SELECT COUNT(*) AS line_count, CAST(SUM(spend_cents) AS BIGINT) AS spend_cents FROM definition_listed_lines)
SELECT k.code_system, k.code_count, k.coded_line_count, k.coded_spend_cents,
  COALESCE(w.line_count, 0) AS uncoded_line_count, COALESCE(w.spend_cents, 0) AS uncoded_spend_cents,
  t.line_count AS listed_line_count, t.spend_cents AS listed_spend_cents
FROM coded AS k
CROSS JOIN listed AS t
LEFT JOIN without AS w ON w.code_system = k.code_system
