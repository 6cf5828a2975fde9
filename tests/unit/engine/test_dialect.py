"""The dialect linter refuses what the two engines would not agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup.engine import Step
from trueup.engine.dialect import lint, to_spark
from trueup.engine.steps import read_step
from trueup.errors import EngineError


def step(sql: str, reads: tuple[str, ...] = ("t",)) -> Step:
    return Step(Path("stage/sql/10_try.sql"), sql, reads, "result", "one row", ("a",), True)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT a / 2 AS half FROM t", "uses `/`"),
        ("SELECT AVG(a) AS mean FROM t", "function AVG is not on the allowed list"),
        ("SELECT ARG_MAX(a, b) AS best FROM t", "is not on the allowed list"),
        ("SELECT ANY_VALUE(a) AS one FROM t", "is not on the allowed list"),
        ("SELECT HASH(a) AS h FROM t", "function HASH is not on the allowed list"),
        ("SELECT STRING_AGG(a, ';') AS list FROM t", "is not on the allowed list"),
        ("SELECT QUANTILE_CONT(a, 0.99) AS p FROM t", "is not on the allowed list"),
        ("SELECT REGEXP_FULL_MATCH(a, 'x') AS m FROM t", "is not on the allowed list"),
        ("SELECT ROW_NUMBER() OVER (PARTITION BY a) AS n FROM t", "without ORDER BY"),
        ("SELECT SUM(a) AS total FROM t", "SUM must be cast at once"),
        ("SELECT a FROM t WHERE b = ?", "a parameter"),
        ("SELECT a FROM t ASOF JOIN u ON t.a >= u.a", "ASOF"),
        ("SELECT a FROM other", "header reads ['t'], the query reads ['other']"),
        ("DELETE FROM t", "a step is exactly one SELECT"),
        ("SELECT 1 AS a FROM t; SELECT 2 AS a FROM t", "a step is exactly one SELECT"),
        ("SELECT FROM WHERE", "10_try"),
        ("SELECT a FROM t LIMIT 1", "Limit is not on the allowed list"),
        ("SELECT a FROM t WHERE b BETWEEN 1 AND 2", "Between is not on the allowed list"),
        ("SELECT a % 2 AS odd FROM t", "Mod is not on the allowed list"),
        ("SELECT COUNT(*) FILTER (WHERE a > 1) AS n FROM t", "Filter is not on the allowed list"),
        ("SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1", "Qualify is not on the allowed list"),
        ("SELECT a FROM t WHERE b LIKE 'x%'", "Like is not on the allowed list"),
        ("SELECT CAST(a AS DOUBLE) AS b FROM t", "type DOUBLE is not on the allowed list"),
        ("SELECT CAST(a AS TIMESTAMP) AS b FROM t", "type TIMESTAMP is not on the allowed list"),
        ("SELECT t.a FROM t RIGHT JOIN u ON u.a = t.a", "RIGHT join"),
        ("SELECT t.a FROM t JOIN u USING (a)", "JOIN USING: say ON"),
        ("SELECT t.a FROM t, u", "a join without ON: say CROSS JOIN"),
        ("SELECT t.a FROM t NATURAL JOIN u", "NATURAL join"),
        ("SELECT a FROM main.t", "main.t: a step reads tables by their names alone"),
        ("SELECT x.a FROM (WITH c AS (SELECT a FROM t) SELECT a FROM c) AS x", "WITH stands only at the start"),
        ("WITH RECURSIVE c AS (SELECT a FROM t UNION ALL SELECT a FROM c) SELECT a FROM c", "never RECURSIVE"),
        ("WITH t AS (SELECT 1 AS a) SELECT a FROM t", "CTE t hides the table of that name"),
        ("WITH result AS (SELECT a FROM t) SELECT a FROM result", "CTE result hides the table of that name"),
        ("SELECT a, NULL AS b FROM t", "CAST(NULL AS ...)"),
        ("SELECT a + 1 AS b, COUNT(*) AS n FROM t GROUP BY b", "GROUP BY b is a column here and a result there"),
        ("SELECT COUNT(DISTINCT a, b) AS n FROM t", "DISTINCT of more than one column in COUNT"),
        ("SELECT DISTINCT ON (a) a, b FROM t", "DISTINCT ON"),
        ("SELECT CAST(a AS DECIMAL(18, 0)) * b AS c FROM t", "a product of decimals has other digits on each engine"),
        ("SELECT a // b AS c FROM t", "NULLIF(x, 0)"),
        ("SELECT a // 0 AS c FROM t", "NULLIF(x, 0)"),
        ("SELECT d + INTERVAL 1 DAY AS e FROM t", "an interval stands only in CAST(d + INTERVAL n DAY AS DATE)"),
        ("SELECT CAST(d + INTERVAL 1 MONTH AS DATE) AS e FROM t", "an interval stands only in CAST(d + INTERVAL n DAY AS DATE)"),
        ("SELECT DATE_DIFF('month', d, e) AS n FROM t", "only 'day'"),
        ("SELECT SUBSTRING(a, 0, 2) AS b FROM t", "SUBSTRING from other than a place counted from 1"),
        ("SELECT SUBSTRING(a, -2) AS b FROM t", "SUBSTRING from other than a place counted from 1"),
        ("SELECT SUBSTRING(a, b) AS c FROM t", "SUBSTRING from other than a place counted from 1"),
    ],
)
def test_the_linter_names_what_leaves_the_dialect(sql: str, words: str) -> None:
    found = lint(step(sql, ("t", "u") if "u" in sql.replace(",", " ").split() else ("t",)))
    assert any(words in sentence for sentence in found), found


def test_a_computed_interval_becomes_date_add_on_spark() -> None:
    sql = "SELECT CAST(t.d - INTERVAL (t.n) DAY AS DATE) AS before, CAST(t.d + INTERVAL (t.n) DAY AS DATE) AS after FROM t"
    assert (
        " ".join(to_spark(sql).split())
        == "SELECT DATE_SUB(t.d, CAST(t.n AS INT)) AS before, DATE_ADD(t.d, CAST(t.n AS INT)) AS after FROM t"
    )


def test_a_step_without_a_complete_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "10_try.sql"
    path.write_text("-- writes: result\nSELECT 1 AS a\n")
    with pytest.raises(EngineError, match=r"TRU-E001 .*header lacks reads, grain, key"):
        read_step(path, True)
