"""Every function and construct that a step may use means the same on both engines: values on which they are known to differ, or might.

The rules of the linter that keep the rest away are tested beside it, in `unit/engine`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from trueup.engine import DuckEngine, Engine, Step
from trueup.engine.dialect import ALLOWED_FUNCTIONS, lint, parse
from trueup.engine.spark import SparkEngine

pytestmark = pytest.mark.xdist_group("spark")

COLUMNS = {"n": "INTEGER", "b": "BIGINT", "s": "VARCHAR", "d": "DATE", "x": "DECIMAL(18,6)", "f": "BOOLEAN"}
ROWS: list[dict[str, Any]] = [
    {"n": 1, "b": 7, "s": "ab", "d": date(2024, 2, 29), "x": Decimal("1.500000"), "f": True},
    {"n": 2, "b": -7, "s": None, "d": None, "x": None, "f": None},
    {"n": 3, "b": None, "s": "", "d": date(2023, 12, 31), "x": Decimal("-0.000001"), "f": False},
    {"n": 4, "b": 3_000_000_000, "s": "Zürich", "d": date(1583, 1, 1), "x": Decimal("123456.000000"), "f": True},
    {"n": None, "b": 0, "s": " a\\b'c ", "d": date(9999, 12, 31), "x": Decimal("0.000000"), "f": False},
    {"n": -5, "b": -20_000, "s": "AB", "d": date(1900, 3, 1), "x": Decimal("2.000000"), "f": None},
    {"n": 1, "b": 7, "s": "z", "d": date(2024, 3, 1), "x": Decimal("7.000000"), "f": True},
]
# What is computed, after a line that says what it is about. `t` holds the rows above, `u` three of them.
QUERIES = dict(
    re.findall(
        r"-- (.*)\n((?:(?!-- ).+\n)+)",
        r"""
-- whole numbers
SELECT n, b // 2 AS half, (b * 2 + 10000) // 20000 AS split, n * b AS product, -b AS minus, ABS(b) AS size FROM t
-- zero divisors
SELECT n, b // NULLIF(n - 1, 0) AS part FROM t
-- decimals
SELECT n, CAST(x * 1000000 AS BIGINT) AS micros, x + 1 AS more, CAST(b AS DECIMAL(18, 0)) AS wide, CAST(CAST(n AS DECIMAL(18, 0)) *
CAST('0.000001' AS DECIMAL(9, 6)) AS DECIMAL(18, 6)) AS product FROM t
-- null in text
SELECT n, s || '-' || CAST(n AS VARCHAR) AS piped, CONCAT(s, '-', CAST(n AS VARCHAR)) AS joined, CONCAT(s, NULLIF(s, s)) AS one FROM t
-- cut text
SELECT s, SUBSTRING(s, 1, 2) AS two, SUBSTRING(s, 2) AS rest, SUBSTRING(s, 4, 9) AS far, LENGTH(s) AS size, TRIM(s) AS bare, LPAD(s, 3,
'0') AS padded, LOWER(s) AS small, UPPER(s) AS large FROM t
-- quoted text
SELECT s, 'it''s a\b' AS said, s = ' a\b''c ' AS same FROM t
-- order of text
SELECT s, ROW_NUMBER() OVER (ORDER BY s, n, b) AS place, ROW_NUMBER() OVER (ORDER BY s DESC, n, b) AS back FROM t
-- order of nulls
SELECT b, n, ROW_NUMBER() OVER (PARTITION BY f ORDER BY d, n, b) AS place, LAG(d) OVER (ORDER BY n, b, s) AS before FROM t
-- least and greatest
SELECT n, GREATEST(n, b) AS most, LEAST(n, NULL, b) AS least, GREATEST(s, 'b') AS word, LEAST(d, CAST('2024-01-01' AS DATE)) AS day FROM
t
-- hash
SELECT s, MD5(COALESCE(s, 'ü')) AS whole, SUBSTRING(MD5(s || '|' || CAST(d AS VARCHAR)), 1, 16) AS id FROM t
-- days
SELECT n, CAST(d + INTERVAL 1 DAY AS DATE) AS after, CAST(d - INTERVAL 1 DAY AS DATE) AS before, CAST(d - INTERVAL (n * 7) DAY AS DATE)
AS weeks, DATE_DIFF('day', d, CAST('2024-03-01' AS DATE)) AS apart, YEAR(d) * 12 + MONTH(d) - 1 AS month_number, DAY(d) AS day, CAST(d
AS VARCHAR) AS told FROM t WHERE d < CAST('9999-01-01' AS DATE)
-- text to values
SELECT CAST('2024-02-29' AS DATE) AS day, CAST('-12' AS INTEGER) AS n, CAST('12.345600' AS DECIMAL(18, 6)) AS x FROM u
-- unknown
SELECT n, b, f AND b > 0 AS both, f OR b > 0 AS either, NOT f AS other, n = b AS same, n IS NOT DISTINCT FROM b AS alike, s IN ('ab',
NULL) AS listed, NOT s IN ('ab', 'AB') AS unlisted FROM t
-- not in a list with null
SELECT n FROM t WHERE NOT b IN (SELECT n FROM u)
-- cases
SELECT n, CASE WHEN b > 0 THEN n WHEN f THEN b END AS chosen, COALESCE(n, b, 0) AS first, CASE s WHEN 'ab' THEN 1 ELSE 2 END AS word
FROM t
-- sums
SELECT f, COUNT(*) AS all_rows, COUNT(b) AS known, COUNT(DISTINCT s) AS words, CAST(SUM(b) AS BIGINT) AS total, MIN(s) AS low, MAX(s) AS
high, MIN(d) AS first, MAX(f) AS any_true, COUNT(CASE WHEN b > 0 THEN 1 END) AS above FROM t GROUP BY f HAVING COUNT(*) > 1
-- sums of nothing
SELECT COUNT(*) AS rows_, CAST(SUM(b) AS BIGINT) AS total, MIN(s) AS low FROM t WHERE n > 1000
-- running sums
SELECT n, b, CAST(SUM(b) OVER (PARTITION BY f ORDER BY n, b, s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS so_far,
MAX(d) OVER (ORDER BY n, b, s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before, CAST(SUM(b) OVER (ORDER BY f) AS BIGINT) AS
with_ties FROM t
-- joins
SELECT t.n, t.b, u.s FROM t LEFT JOIN u ON u.n = t.n AND t.b >= u.b
-- full joins
SELECT a.n, c.n AS other FROM t AS a FULL JOIN (SELECT n + 1 AS n FROM t) AS c ON c.n = a.n
-- semi joins
SELECT t.n, t.s FROM t SEMI JOIN u ON u.n = t.n
-- anti joins
SELECT t.n, t.s FROM t ANTI JOIN u ON u.n = t.n
-- cross joins
SELECT t.n, k.n AS other FROM t CROSS JOIN u AS k WHERE EXISTS (SELECT 1 FROM u WHERE u.n = t.n)
-- unions
SELECT n AS v FROM t UNION ALL SELECT b FROM t UNION SELECT CAST(x * 10 AS BIGINT) FROM t WHERE x < 100
-- types that widen
SELECT 1 AS v FROM u UNION ALL SELECT 3000000000 AS v FROM u UNION ALL SELECT DATE_DIFF('day', d, d) AS v FROM u
-- distinct rows
SELECT DISTINCT n, f FROM t
-- a part used often
WITH a AS (SELECT n, b FROM t WHERE b > 0), c AS (SELECT x.n, y.b FROM a AS x JOIN a AS y ON y.n = x.n), e AS (SELECT x.n, y.b FROM c AS
x JOIN c AS y ON y.n = x.n) SELECT x.n, COUNT(*) AS paths FROM e AS x JOIN e AS y ON y.n = x.n GROUP BY x.n
""",
    )
)


def step(sql: str) -> Step:
    reads = tuple(sorted({table.name for table in parse(sql).find_all(exp.Table)} & {"t", "u"}))
    return Step(Path("stage/sql/10_try.sql"), sql, reads, "result", "one row", ("n",), True)


def filled(engine: Engine) -> Engine:
    engine.register_rows("t", ROWS, COLUMNS)
    engine.register_rows("u", ROWS[:3], COLUMNS)
    return engine


@pytest.fixture(scope="module")
def both(options: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    engines = filled(DuckEngine(threads=1)), filled(SparkEngine(options, tmp_path_factory.mktemp("semantics")))
    yield engines
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("about", QUERIES)
def test_both_engines_mean_the_same(both: tuple[Engine, Engine], about: str) -> None:
    tried = step(QUERIES[about])
    assert lint(tried) == []
    found: list[tuple[dict[str, str], list[str]]] = []
    for engine in both:
        engine.run(tried)
        found.append((engine.columns("result"), sorted(repr(tuple(row.values())) for row in engine.rows("result"))))
    (types, rows), (spark_types, spark_rows) = found
    assert spark_types == types
    assert spark_rows == rows
    assert rows


def test_every_allowed_function_is_tried() -> None:
    said = " ".join(QUERIES.values()).upper()
    # other names of functions that are tried, and what a CASE is made of
    same = {"DATEDIFF": "DATE_DIFF", "PAD": "LPAD", "IF": "CASE", "EXISTS": "EXISTS (SELECT"}
    assert [name for name in sorted(ALLOWED_FUNCTIONS) if f"{same.get(name, name)}" not in said] == []
