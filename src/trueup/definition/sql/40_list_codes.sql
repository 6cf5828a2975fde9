-- Lists the codes of claims with a pregnancy diagnosis, and codes of the SUD set on any claim; of several of a system one is counted.
-- reads: definition_line_codes, definition_lines, definition_marks
-- writes: definition_codes
-- grain: one listed code of one code system on one line
-- key: version_id, claim_line_number, code_system, code
WITH marked AS (
  SELECT c.version_id, c.claim_line_number, c.code_system, c.code,
    MAX(CASE WHEN m.mark = 'sud' THEN 1 ELSE 0 END) AS is_sud,
    MAX(CASE WHEN m.mark = 'newborn' THEN 1 ELSE 0 END) AS is_newborn,
    MIN(c.position) AS position
  FROM definition_line_codes AS c
  LEFT JOIN definition_marks AS m
    ON m.code_system = c.code_system AND m.code = c.code AND c.in_force_date >= m.effective_from AND c.in_force_date < m.effective_to
  GROUP BY c.version_id, c.claim_line_number, c.code_system, c.code
)
SELECT k.version_id, k.claim_line_number, k.code_system, k.code, k.is_sud, k.is_newborn,
  l.member_id, l.episode_id, l.line_start_date, l.setting, l.spend_cents, l.has_pregnancy,
  ROW_NUMBER() OVER (PARTITION BY k.version_id, k.claim_line_number, k.code_system ORDER BY k.position, k.code) AS count_number
FROM marked AS k
JOIN definition_lines AS l ON l.version_id = k.version_id AND l.claim_line_number = k.claim_line_number
WHERE l.has_pregnancy = 1 OR k.is_sud = 1
