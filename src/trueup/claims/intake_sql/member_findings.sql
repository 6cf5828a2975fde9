-- What is odd about member ids across the load, accepted. Reads: checked_claims, checked_eligibility, members. Grain: one code and file.
-- Ids are compared among themselves; the lines are asked only for those that look alike.
WITH known_ids AS (SELECT member_id FROM members UNION SELECT member_id FROM checked_eligibility WHERE member_id IS NOT NULL),
folds AS (SELECT translate(upper(member_id), 'O', '0') AS folded FROM known_ids GROUP BY ALL HAVING count(*) > 1),
variants AS (SELECT member_id FROM known_ids WHERE translate(upper(member_id), 'O', '0') IN (SELECT folded FROM folds)),
uses AS (
    SELECT source_file, source_row FROM checked_claims SEMI JOIN variants USING (member_id)
    UNION ALL
    SELECT source_file, source_row FROM checked_eligibility SEMI JOIN variants USING (member_id)
),
people AS (
    SELECT person_id FROM checked_eligibility WHERE problem IS NULL AND person_id IS NOT NULL
    GROUP BY person_id HAVING min(member_id) <> max(member_id)
),
sexes AS (SELECT member_id FROM checked_eligibility WHERE problem IS NULL GROUP BY member_id HAVING min(gender) <> max(gender))
SELECT source_file, 'id.case_variant' AS code, 'member_id' AS column_name, count(*) AS n, min(source_row) AS first_row
FROM uses GROUP BY ALL
UNION ALL
SELECT source_file, 'id.person_two_members', 'person_id', count(*), min(source_row)
FROM checked_eligibility WHERE person_id IN (SELECT person_id FROM people) GROUP BY ALL
UNION ALL
SELECT source_file, 'id.member_conflict', 'gender', count(*), min(source_row)
FROM checked_eligibility WHERE member_id IN (SELECT member_id FROM sexes) GROUP BY ALL
