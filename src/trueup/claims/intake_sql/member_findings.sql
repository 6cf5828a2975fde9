-- What is odd about member ids across the load, accepted. Reads: checked_claims, checked_eligibility. Grain: one code and table.
WITH ids AS (
    SELECT source_table AS table_name, file_no, member_id, count(*) AS n, min(source_row) AS first_row
    FROM checked_claims WHERE member_id IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'eligibility', file_no, member_id, count(*), min(source_row) FROM checked_eligibility WHERE member_id IS NOT NULL GROUP BY ALL
),
variants AS (
    SELECT translate(upper(member_id), 'O', '0') AS folded FROM ids GROUP BY ALL HAVING min(member_id) <> max(member_id)
),
people AS (
    SELECT person_id FROM checked_eligibility WHERE problem IS NULL AND person_id IS NOT NULL
    GROUP BY person_id HAVING min(member_id) <> max(member_id)
),
sexes AS (SELECT member_id FROM checked_eligibility WHERE problem IS NULL GROUP BY member_id HAVING min(gender) <> max(gender))
SELECT table_name, file_no, 'id.case_variant' AS code, 'member_id' AS column_name, sum(n) AS n, min(first_row) AS first_row
FROM ids WHERE translate(upper(member_id), 'O', '0') IN (SELECT folded FROM variants) GROUP BY ALL
UNION ALL
SELECT 'eligibility', file_no, 'id.person_two_members', 'person_id', count(*), min(source_row)
FROM checked_eligibility WHERE person_id IN (SELECT person_id FROM people) GROUP BY ALL
UNION ALL
SELECT 'eligibility', file_no, 'id.member_conflict', 'gender', count(*), min(source_row)
FROM checked_eligibility WHERE member_id IN (SELECT member_id FROM sexes) GROUP BY ALL
