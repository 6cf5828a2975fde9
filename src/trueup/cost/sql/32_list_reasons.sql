-- Writes each episode's exclusion reasons as one text in rule order; a program has at most twenty rules.
-- reads: exclusion_hits
-- writes: exclusion_lists
-- grain: one excluded episode
-- key: episode_id
WITH positions AS (
  SELECT episode_id,
    MAX(CASE WHEN position = 1 THEN ';' || reason ELSE '' END) AS reason_1,
    MAX(CASE WHEN position = 2 THEN ';' || reason ELSE '' END) AS reason_2,
    MAX(CASE WHEN position = 3 THEN ';' || reason ELSE '' END) AS reason_3,
    MAX(CASE WHEN position = 4 THEN ';' || reason ELSE '' END) AS reason_4,
    MAX(CASE WHEN position = 5 THEN ';' || reason ELSE '' END) AS reason_5,
    MAX(CASE WHEN position = 6 THEN ';' || reason ELSE '' END) AS reason_6,
    MAX(CASE WHEN position = 7 THEN ';' || reason ELSE '' END) AS reason_7,
    MAX(CASE WHEN position = 8 THEN ';' || reason ELSE '' END) AS reason_8,
    MAX(CASE WHEN position = 9 THEN ';' || reason ELSE '' END) AS reason_9,
    MAX(CASE WHEN position = 10 THEN ';' || reason ELSE '' END) AS reason_10,
    MAX(CASE WHEN position = 11 THEN ';' || reason ELSE '' END) AS reason_11,
    MAX(CASE WHEN position = 12 THEN ';' || reason ELSE '' END) AS reason_12,
    MAX(CASE WHEN position = 13 THEN ';' || reason ELSE '' END) AS reason_13,
    MAX(CASE WHEN position = 14 THEN ';' || reason ELSE '' END) AS reason_14,
    MAX(CASE WHEN position = 15 THEN ';' || reason ELSE '' END) AS reason_15,
    MAX(CASE WHEN position = 16 THEN ';' || reason ELSE '' END) AS reason_16,
    MAX(CASE WHEN position = 17 THEN ';' || reason ELSE '' END) AS reason_17,
    MAX(CASE WHEN position = 18 THEN ';' || reason ELSE '' END) AS reason_18,
    MAX(CASE WHEN position = 19 THEN ';' || reason ELSE '' END) AS reason_19,
    MAX(CASE WHEN position = 20 THEN ';' || reason ELSE '' END) AS reason_20
  FROM exclusion_hits
  GROUP BY episode_id
)
SELECT episode_id,
  SUBSTRING(
    reason_1 || reason_2 || reason_3 || reason_4 || reason_5 || reason_6 || reason_7 || reason_8 || reason_9 || reason_10
    || reason_11 || reason_12 || reason_13 || reason_14 || reason_15 || reason_16 || reason_17 || reason_18 || reason_19 || reason_20,
    2, 1000
  ) AS exclusion_reasons
FROM positions
