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
    ],
)
def test_the_linter_names_what_leaves_the_dialect(sql: str, words: str) -> None:
    found = lint(step(sql, ("t", "u") if "ASOF" in sql else ("t",)))
    assert any(words in sentence for sentence in found), found


def test_a_computed_interval_becomes_date_add_on_spark() -> None:
    sql = "SELECT CAST(t.d - INTERVAL (t.n) DAY AS DATE) AS before, CAST(t.d + INTERVAL (t.n) DAY AS DATE) AS after FROM t"
    assert " ".join(to_spark(sql).split()) == "SELECT DATE_SUB(t.d, t.n) AS before, DATE_ADD(t.d, t.n) AS after FROM t"


def test_a_step_without_a_complete_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "10_try.sql"
    path.write_text("-- writes: result\nSELECT 1 AS a\n")
    with pytest.raises(EngineError, match=r"TRU-E001 .*header lacks reads, grain, key"):
        read_step(path, True)
