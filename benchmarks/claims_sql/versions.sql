-- Every version of every claim as it is received, in the order received. Grain: one version, or an exact copy of one.
-- Of ten thousand claims 300 are replaced (30 of them twice), 100 are voided, 500 are denied (half of them billed again), and 20 are sent twice.
-- Half of the replacements and voids keep the claim's id, half have one of their own.
-- `seq` is the version number; `part` tells ids of one claim apart: 1 the claim, 2 and 3 replacements, 4 a void, 5 a second billing.
WITH lives AS (
    SELECT *, draw(no, 20, 10000) AS life, draw(no, 21, 2) = 0 AS keeps_id, stop + lag_days(draw(no, 22, 10000)) AS first_received
    FROM read_parquet($services)
),
received_again AS (
    SELECT *, first_received + 20 + CAST(draw(no, 23, 120) AS INTEGER) AS second_received FROM lives
),
versions AS (
    SELECT *, first_received AS received, 1 AS seq, 'original' AS record, 1 AS part, NULL AS target_received, NULL AS target_part,
        life BETWEEN 400 AND 899 AS is_denied, 1000 AS per_mille
    FROM received_again
    UNION ALL
    SELECT *, second_received, 2, 'replacement', CASE WHEN keeps_id THEN 1 ELSE 2 END, first_received, 1, false,
        920 + draw(no, 24, 161)
    FROM received_again WHERE life < 300
    UNION ALL
    SELECT *, second_received + 15 + CAST(draw(no, 25, 90) AS INTEGER), 3, 'replacement', CASE WHEN keeps_id THEN 1 ELSE 3 END,
        CASE WHEN keeps_id THEN first_received ELSE second_received END, CASE WHEN keeps_id THEN 1 ELSE 2 END, false, 920 + draw(no, 26, 161)
    FROM received_again WHERE life < 30
    UNION ALL
    SELECT *, second_received, 2, 'void', CASE WHEN keeps_id THEN 1 ELSE 4 END, first_received, 1, false, -1000
    FROM received_again WHERE life BETWEEN 300 AND 399
    UNION ALL
    SELECT *, second_received, 1, 'original', 5, NULL, NULL, false, 1000 FROM received_again WHERE life BETWEEN 400 AND 649
),
copies AS (
    SELECT * FROM versions UNION ALL SELECT * FROM versions WHERE draw(no, 27, 10000) < 20 AND seq = 1 AND part = 1
)
SELECT no, m, kind, p, traits, weeks, start, stop, received, biller, is_baby, line_count, keeps_id, first_received,
    CAST(seq AS UTINYINT) AS seq, record, CAST(part AS UTINYINT) AS part, target_received, CAST(target_part AS UTINYINT) AS target_part,
    is_denied, CAST(per_mille AS SMALLINT) AS per_mille
FROM copies
WHERE received <= CAST(getvariable('last_day') AS DATE)
ORDER BY received, no, part, seq
