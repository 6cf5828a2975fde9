-- What a claim is before it is billed. Grain: one claim, `no` its number. `kind` chooses its menus, diagnoses and form; `p` its pregnancy.
WITH plan (slot, kind, week, after_birth, per_mille, itemized) AS (VALUES
    (0, 10, 8, NULL, 930, NULL), (1, 10, 12, NULL, 900, true), (2, 10, 16, NULL, 900, true), (3, 10, 20, NULL, 900, true),
    (4, 10, 24, NULL, 900, true), (5, 10, 28, NULL, 900, true), (6, 10, 30, NULL, 900, true), (7, 10, 32, NULL, 900, true),
    (8, 10, 34, NULL, 900, true), (9, 10, 36, NULL, 900, true), (10, 10, 37, NULL, 850, true), (11, 10, 38, NULL, 850, true),
    (12, 10, 39, NULL, 850, true), (13, 11, 9, NULL, 950, NULL), (14, 11, 26, NULL, 850, NULL), (15, 11, 36, NULL, 800, NULL),
    (16, 12, 12, NULL, 600, NULL), (17, 12, 20, NULL, 900, NULL), (18, 12, 32, NULL, 500, NULL), (19, 20, 22, NULL, 300, NULL),
    (20, 13, NULL, 0, 985, NULL), (21, 14, NULL, 0, 975, NULL), (22, 15, NULL, 0, 750, NULL), (23, 16, NULL, 30, 620, NULL),
    (24, 17, NULL, 0, 950, NULL), (25, 18, NULL, 1, 950, NULL), (26, 2, 10, NULL, 600, NULL), (27, 2, 20, NULL, 600, NULL),
    (28, 2, 30, NULL, 600, NULL), (29, 10, 18, NULL, 200, false), (30, 10, 29, NULL, 200, false)
),
births AS (
    SELECT 2000000000 + r.p * 40 + s.slot AS no, r.m, s.kind, r.p,
        CASE WHEN s.after_birth IS NULL
            THEN r.day - r.gestation_days + 7 * s.week + CAST(draw(r.p * 40 + s.slot, 1, 7) AS INTEGER) - 3
            ELSE r.day + s.after_birth + CASE WHEN s.kind = 16 THEN CAST(draw(r.p, 2, 25) AS INTEGER) ELSE 0 END END AS start,
        CASE WHEN s.kind IN (10, 16) THEN CASE WHEN coalesce(s.week, 99) >= r.switch_week THEN r.b ELSE r.a END
            WHEN s.kind = 14 THEN CASE WHEN chance(r.p, 3, 120) THEN skewed(r.p, 4, getvariable('practices'), 2) ELSE r.b END
            ELSE -1 END AS practice,
        r.day - r.gestation_days AS conceived, r.traits,
        CASE WHEN s.kind IN (13, 17, 20) THEN r.hospital ELSE -1 END AS hospital,
        CASE WHEN s.kind IN (17, 18) AND NOT r.on_mother THEN true ELSE false END AS is_baby
    FROM pregnancies AS r
    JOIN plan AS s ON chance(r.p * 40 + s.slot, 5, s.per_mille) AND (s.itemized IS NULL OR s.itemized <> r.is_global)
    WHERE NOT r.is_loss AND (s.week IS NULL OR 7 * s.week + 5 < r.gestation_days) AND NOT (r.is_stillbirth AND s.kind IN (17, 18))
),
losses AS (
    SELECT 2000000000 + p * 40 + t.slot, m, CASE t.slot WHEN 0 THEN 10 ELSE 19 END, p,
        CASE t.slot WHEN 0 THEN day - 9 ELSE day END, CASE t.slot WHEN 0 THEN a ELSE -1 END,
        day - gestation_days, traits, CASE t.slot WHEN 0 THEN -1 ELSE hospital END, false
    FROM pregnancies, (VALUES (0), (1)) AS t(slot)
    WHERE is_loss
),
others AS (
    -- the claims of one very large member are those of a mother
    SELECT no, CASE WHEN no >= 1000000000 THEN 7 ELSE skewed(no, 6, getvariable('members'), 1.3) END AS m,
        CASE WHEN u < 420 THEN 0 WHEN u < 620 THEN 1 WHEN u < 780 THEN 2 WHEN u < 850 THEN 3 WHEN u < 920 THEN 4 WHEN u < 980 THEN 5
            ELSE 6 END AS kind,
        -1 AS p, CAST(getvariable('first_day') AS DATE) + CAST(draw(no, 7, getvariable('days')) AS INTEGER) AS start,
        -1 AS practice, NULL AS conceived, 0 AS traits, -1 AS hospital, false AS is_baby
    FROM (
        SELECT no, draw(no, 8, 1000) AS u FROM (
            SELECT range AS no FROM range(CAST(getvariable('claims') AS BIGINT))
            UNION ALL
            SELECT 1000000000 + range FROM range(CAST(getvariable('large_member') AS BIGINT))
        )
    )
)
SELECT no, CAST(m AS INTEGER) AS m, CAST(kind AS UTINYINT) AS kind, CAST(p AS INTEGER) AS p, start,
    CAST(traits AS UTINYINT) AS traits, CAST((start - conceived) // 7 AS TINYINT) AS weeks,
    start + CASE kind WHEN 6 THEN 2 + CAST(draw(no, 9, 6) AS INTEGER) WHEN 13 THEN 2 + CAST(draw(no, 9, 3) AS INTEGER)
        WHEN 17 THEN 2 ELSE 0 END AS stop,
    -- practices have numbers from 1, hospitals from 1,000,000, laboratories, pharmacies and other billers above
    CAST(CASE
        WHEN practice >= 0 THEN 1 + practice
        WHEN hospital >= 0 THEN 1000000 + hospital
        WHEN kind IN (3, 4, 6) THEN 1000000 + skewed(no, 10, getvariable('hospitals'), 1.5)
        WHEN kind IN (1, 11) THEN 2000000 + skewed(no, 11, getvariable('laboratories'), 2)
        WHEN kind = 2 THEN 3000000 + skewed(no, 12, getvariable('pharmacies'), 1.5)
        WHEN kind IN (12, 15) THEN 4000000 + skewed(no, 13, getvariable('hospitals'), 1.5)
        ELSE 5000000 + skewed(no, 14, getvariable('others'), 1.5) END AS INTEGER) AS biller,
    is_baby,
    CAST(CASE kind WHEN 0 THEN 1 + draw(no, 15, 4) WHEN 1 THEN 2 + draw(no, 15, 6) WHEN 2 THEN 1 WHEN 3 THEN 4 + draw(no, 15, 5)
        WHEN 4 THEN 2 + draw(no, 15, 5) WHEN 5 THEN 1 + draw(no, 15, 2) WHEN 6 THEN 8 + draw(no, 15, 7) WHEN 10 THEN 1 + draw(no, 15, 2)
        WHEN 11 THEN 3 + draw(no, 15, 3) WHEN 13 THEN 6 WHEN 17 THEN 2 WHEN 20 THEN 4 ELSE 1 END AS UTINYINT) AS line_count
FROM (SELECT * FROM births UNION ALL SELECT * FROM losses UNION ALL SELECT * FROM others)
WHERE start <= CAST(getvariable('last_day') AS DATE)
