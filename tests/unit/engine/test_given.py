"""A table that is given stands, whatever would write it."""

from __future__ import annotations

from pathlib import Path

from trueup.engine import DuckEngine
from trueup.engine.steps import read_step

STEP = """-- Doubles numbers.
-- reads: numbers
-- writes: doubled
-- grain: one number
-- key: n
SELECT 2 * n AS n FROM numbers
"""


def test_a_given_table_is_not_written_by_a_step_or_by_rows(tmp_path: Path) -> None:
    path = tmp_path / "10_double_numbers.sql"
    path.write_text(STEP, encoding="utf-8")
    engine = DuckEngine(threads=1)
    engine.register_rows("numbers", [{"n": 1}], {"n": "INTEGER"})
    engine.run(read_step(path, True))
    assert engine.rows("doubled") == [{"n": 2}]
    engine.give("doubled", [{"n": 7}], {"n": "INTEGER"})
    engine.run(read_step(path, True))
    engine.register_rows("doubled", [{"n": 8}], {"n": "INTEGER"})
    assert engine.rows("doubled") == [{"n": 7}]
    assert (engine.is_given("doubled"), engine.is_given("numbers")) == (True, False)


def test_giving_again_replaces_what_was_given() -> None:
    engine = DuckEngine(threads=1)
    engine.give("doubled", [{"n": 7}], {"n": "INTEGER"})
    engine.give("doubled", [{"n": 9}], {"n": "INTEGER"})
    assert engine.rows("doubled") == [{"n": 9}]
