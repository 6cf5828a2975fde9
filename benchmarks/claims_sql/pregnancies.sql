-- Births and early losses. One member in 44 (2.27 percent) gives birth in the span, 6 percent of them once more where the span allows.
-- Grain: one pregnancy. `a` is the practice of the first visit, `b` of those after `switch_week`.
WITH women AS (
    SELECT m, m // 44 AS n, false AS is_loss, 0 AS nth FROM range(getvariable('members')) AS t(m) WHERE m % 44 = 7
    UNION ALL
    SELECT m, m // 44, false, 1 FROM range(getvariable('members')) AS t(m) WHERE m % 44 = 7 AND chance(m, 101, 60)
    UNION ALL
    SELECT m, m // 44, true, 0 FROM range(getvariable('members')) AS t(m) WHERE m % 44 = 8 AND chance(m, 102, 400)
    UNION ALL
    -- the episodes of one very large practice, each of a member of its own
    SELECT getvariable('members') + x, x, false, 2 FROM range(getvariable('large_practice')) AS t(x)
),
placed AS (
    SELECT row_number() OVER (ORDER BY nth, is_loss, m) - 1 AS p, m, is_loss, nth,
        CAST(getvariable('first_day') AS DATE) + CAST(draw(m, 103, getvariable('days')) AS INTEGER)
        + CASE WHEN nth = 1 THEN 420 + CAST(draw(m, 104, 480) AS INTEGER) ELSE 0 END AS day
    FROM women
)
SELECT p, m, is_loss, day,
    CASE WHEN is_loss THEN 49 + CAST(draw(p, 105, 60) AS INTEGER)
        WHEN chance(p, 106, 100) THEN 180 + CAST(draw(p, 107, 78) AS INTEGER)
        ELSE 259 + CAST(draw(p, 108, 15) + draw(p, 109, 16) AS INTEGER) END AS gestation_days,
    CASE WHEN nth = 2 THEN 0 ELSE skewed(p, 110, getvariable('practices'), 2) END AS a,
    CASE WHEN nth = 2 THEN 0 WHEN chance(p, 111, 90) THEN skewed(p, 112, getvariable('practices'), 2)
        ELSE skewed(p, 110, getvariable('practices'), 2) END AS b,
    16 + draw(p, 113, 16) AS switch_week,
    chance(p, 114, 400) AS is_global,
    chance(p, 116, 6) AS is_stillbirth,
    -- 1 billed globally, 2 cesarean, 4 stillbirth, 8 twins, 16 an early loss
    CASE WHEN chance(p, 114, 400) THEN 1 ELSE 0 END + CASE WHEN chance(p, 115, 320) THEN 2 ELSE 0 END
    + CASE WHEN chance(p, 116, 6) THEN 4 ELSE 0 END + CASE WHEN chance(p, 117, 16) THEN 8 ELSE 0 END
    + CASE WHEN is_loss THEN 16 ELSE 0 END AS traits,
    chance(p, 118, 120) AS on_mother,
    skewed(p, 120, getvariable('hospitals'), 1.5) AS hospital
FROM placed
WHERE day <= CAST(getvariable('last_day') AS DATE)
