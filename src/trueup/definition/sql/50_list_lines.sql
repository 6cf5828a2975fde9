-- Lists the lines of the study once each: those of claims with a pregnancy diagnosis, and those with a code of the SUD set.
-- reads: definition_lines, definition_line_codes, definition_marks
-- writes: definition_listed_lines
-- grain: one listed line
-- key: version_id, claim_line_number
WITH sud_lines AS (
  SELECT DISTINCT c.version_id, c.claim_line_number
  FROM definition_line_codes AS c
  JOIN definition_marks AS m
    ON m.code_system = c.code_system AND m.code = c.code AND c.in_force_date >= m.effective_from AND c.in_force_date < m.effective_to
  WHERE m.mark = 'sud'
)
SELECT l.version_id, l.claim_line_number, l.setting, l.spend_cents, l.has_pregnancy
FROM definition_lines AS l
LEFT JOIN sud_lines AS s ON s.version_id = l.version_id AND s.claim_line_number = l.claim_line_number
WHERE l.has_pregnancy = 1 OR s.version_id IS NOT NULL
