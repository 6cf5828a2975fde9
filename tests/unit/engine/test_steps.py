"""Which columns a step can depend on: read off its words, and held against a parser for every step there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from trueup.engine import Step
from trueup.engine.steps import read_step

ROOT = Path(__file__).resolve().parents[3]
# Tables whose rows come from Python: only of these does it matter which columns a step names.
RULES = ("rule_", "run_params", "month_", "calendar", "pattern_scores", "prices", "outlier_lines", "case_rate_basis")
HEADER = "-- Says.\n-- reads: run_params, lines\n-- writes: kept\n-- grain: one\n-- key: line\n"


def every_step() -> list[Step]:
    files = sorted((ROOT / "src" / "trueup").rglob("*sql/*.sql"))
    return [read_step(p, True) for p in files if "\n-- writes:" in p.read_text(encoding="utf-8")]


def used(tmp_path: Path, query: str, table: str = "run_params") -> list[str]:
    path = tmp_path / "10_keep.sql"
    path.write_text(f"{HEADER}-- as_of is only mentioned here.\n{query}\n", encoding="utf-8")
    read_step.cache_clear()
    return read_step(path, True).columns_used(table, ["share", "as_of", "cutoff"])


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT l.line FROM lines AS l JOIN run_params AS p ON l.day <= p.as_of", ["as_of"]),
        ("SELECT line FROM lines JOIN run_params ON day <= AS_OF", ["as_of"]),
        ('SELECT line * 2 FROM lines JOIN run_params ON day <= "as_of"', ["as_of"]),
        ("SELECT line FROM lines JOIN run_params USING (cutoff)", ["cutoff"]),
        ("SELECT COUNT(*) FROM lines CROSS JOIN run_params", []),
        ("SELECT (a + b) * c FROM lines CROSS JOIN run_params", []),
        ("SELECT l.* FROM lines AS l CROSS JOIN run_params AS p WHERE l.n > p.cutoff", ["cutoff"]),
        ("SELECT p.* FROM lines AS l CROSS JOIN run_params AS p", ["share", "as_of", "cutoff"]),
        ("SELECT p . * FROM lines AS l CROSS JOIN run_params p", ["share", "as_of", "cutoff"]),
        ("SELECT run_params.* FROM lines CROSS JOIN run_params", ["share", "as_of", "cutoff"]),
        ("SELECT * FROM lines CROSS JOIN run_params", ["share", "as_of", "cutoff"]),
        ("SELECT 1, * FROM lines CROSS JOIN run_params", ["share", "as_of", "cutoff"]),
        ("SELECT DISTINCT * FROM lines CROSS JOIN run_params", ["share", "as_of", "cutoff"]),
        ("SELECT DISTINCT ON (n) * FROM lines CROSS JOIN run_params", ["share", "as_of", "cutoff"]),
    ],
)
def test_columns_of_a_query(tmp_path: Path, query: str, columns: list[str]) -> None:
    assert used(tmp_path, query) == columns


def starred_tables(tree: exp.Expr) -> set[str]:
    """The tables whose columns a `*` takes; empty text where it takes those of everything."""
    of = {t.alias_or_name: t.name for t in tree.find_all(exp.Table)}
    stars = [s.parent for s in tree.find_all(exp.Star) if not isinstance(s.parent, exp.Count)]
    return {of.get(s.table, s.table) if isinstance(s, exp.Column) else "" for s in stars}


def test_no_column_that_a_parser_finds_is_missed() -> None:
    steps = every_step()
    assert len(steps) > 200
    for step in steps:
        tree = sqlglot.parse_one(step.sql, read="duckdb")
        names = {i.name.lower() for i in tree.find_all(exp.Identifier)}
        for table in step.reads:
            found = set(step.columns_used(table, [*names, "a_column_not_named"]))
            assert (step.name, names - found) == (step.name, set())
            assert "a_column_not_named" in found or not {"", table} & starred_tables(tree), step.name


def test_no_step_takes_columns_without_saying_so() -> None:
    """A natural join, or a row taken as one value, would depend on columns that are not named."""
    found: list[str] = []
    for step in every_step():
        tree = sqlglot.parse_one(step.sql, read="duckdb")
        rules = {t.alias_or_name for t in tree.find_all(exp.Table) if t.name.startswith(RULES)}
        found += [f"{step.name}: {j.sql()}" for j in tree.find_all(exp.Join) if (j.args.get("method") or "").upper() == "NATURAL"]
        found += [f"{step.name}: {c.sql()}" for c in tree.find_all(exp.Column) if not c.table and c.name in rules]
    assert found == []
