"""The core job in plain DuckDB SQL: views for rows, tables for small results."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peers import CATEGORIES, CODES, DAYS_AFTER, DAYS_BEFORE, DIAGNOSES, DRGS, SAME_DELIVERY_DAYS, Row

STEPS = f"""
CREATE VIEW claims AS SELECT *, CAST(paid_amount * 100 AS BIGINT) AS cents FROM read_parquet($path);

CREATE TABLE actors AS
SELECT DISTINCT claim_id, version_seq, record_type, replaces_claim_id FROM claims WHERE record_type IN ('void', 'replacement');

CREATE TABLE removed AS
SELECT c.claim_id, c.version_seq, c.record_type
FROM claims AS c JOIN (SELECT claim_id, max(version_seq) AS last FROM actors GROUP BY claim_id) AS a USING (claim_id)
WHERE c.version_seq < a.last
UNION
SELECT claim_id, version_seq, record_type
FROM claims SEMI JOIN (SELECT replaces_claim_id AS claim_id FROM actors WHERE replaces_claim_id <> claim_id) USING (claim_id);

CREATE VIEW final AS
SELECT * FROM claims AS c
ANTI JOIN removed AS r USING (claim_id, version_seq, record_type)
WHERE claim_status = 'paid' AND record_type <> 'void';

CREATE TABLE evidence AS
SELECT DISTINCT member_id, claim_line_start_date AS day FROM final
WHERE drg_code IN {tuple(DRGS)} OR hcpcs_code IN {tuple(CODES)} OR {" OR ".join(f"starts_with({d}, 'Z37')" for d in DIAGNOSES)};

CREATE TABLE deliveries AS
WITH marked AS (
    SELECT *, coalesce(day - lag(day) OVER (PARTITION BY member_id ORDER BY day) > {SAME_DELIVERY_DAYS}, true) AS is_first FROM evidence
)
SELECT member_id, day, greatest(day - {DAYS_BEFORE}, coalesce(lag(day) OVER w + {DAYS_AFTER + 1}, DATE '1900-01-01')) AS first_day,
    day + {DAYS_AFTER} AS last_day
FROM marked WHERE is_first WINDOW w AS (PARTITION BY member_id ORDER BY day);

CREATE TABLE episode_lines AS
SELECT DISTINCT d.member_id, d.day, f.claim_id, f.version_seq, f.claim_line_number, f.billing_tin, f.cents,
    f.claim_type = 'professional' AND (f.hcpcs_code BETWEEN '99202' AND '99215' OR f.hcpcs_code BETWEEN '59400' AND '59622') AS is_care,
    CASE WHEN f.claim_type = 'institutional' AND f.bill_type_code LIKE '11%' THEN 'inpatient'
        WHEN f.claim_type = 'institutional' THEN 'outpatient'
        WHEN f.claim_type = 'pharmacy' THEN 'pharmacy'
        WHEN f.hcpcs_code BETWEEN '59400' AND '59622' THEN 'obstetrics'
        WHEN f.hcpcs_code BETWEEN '99202' AND '99215' THEN 'visits'
        WHEN f.hcpcs_code BETWEEN '80000' AND '89999' THEN 'laboratory'
        ELSE 'other' END AS category
FROM final AS f
JOIN deliveries AS d ON d.member_id = f.member_id AND f.claim_line_start_date BETWEEN d.first_day AND d.last_day;

CREATE TABLE attributed AS
WITH counted AS (
    SELECT member_id, day, billing_tin, count(*) AS lines, sum(cents) AS cents FROM episode_lines WHERE is_care GROUP BY ALL
)
SELECT member_id, day, billing_tin
FROM counted QUALIFY row_number() OVER (PARTITION BY member_id, day ORDER BY lines DESC, cents DESC, billing_tin) = 1;

CREATE TABLE means AS
SELECT a.billing_tin, count(DISTINCT (e.member_id, e.day)) AS deliveries,
    {", ".join(f"CAST(sum(CASE WHEN category = '{c}' THEN cents ELSE 0 END) AS BIGINT) AS {c}" for c in CATEGORIES)},
    CAST((2 * sum(cents) + count(DISTINCT (e.member_id, e.day))) // (2 * count(DISTINCT (e.member_id, e.day))) AS BIGINT) AS mean
FROM episode_lines AS e JOIN attributed AS a USING (member_id, day)
GROUP BY a.billing_tin;
"""


def core(path: Path, *, threads: int = 2, memory_limit: str = "2GB") -> list[Row]:
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
    try:
        con.execute("SET enable_progress_bar = false").fetchall()
        for statement in STEPS.replace("$path", f"'{path}'").split(";\n"):
            if statement.strip():
                con.execute(statement).fetchall()
        return con.execute("FROM means ORDER BY billing_tin").fetchall()
    finally:
        con.close()
