-- Tax IDs that two entities own on the same day. Reads: checked_entity_crosswalk. Grain: one pair of rows.
SELECT b.file_no, b.source_row, a.source_row AS other_row
FROM checked_entity_crosswalk AS a
JOIN checked_entity_crosswalk AS b ON a.tin = b.tin AND a.entity_id < b.entity_id AND a.effective_from < b.effective_to AND b.effective_from < a.effective_to
WHERE a.problem IS NULL AND b.problem IS NULL
ORDER BY b.file_no, b.source_row
