"""What an engine with a memo computes again, what it takes from an earlier run, and what it does if the folder of results is not sound."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trueup.engine import DuckEngine, Step, TableFile
from trueup.engine import duck as engine_module
from trueup.engine.memo import Kept, Memo, digest, private_folder
from trueup.engine.steps import read_step
from trueup.errors import EngineError

LINES = {"line": "INTEGER", "member": "VARCHAR", "cents": "BIGINT"}
PARAMS = {"cutoff": "INTEGER", "share": "DECIMAL(9,6)", "as_of": "DATE"}
ROWS = [{"line": n, "member": f"M{n % 3}", "cents": 100 * n} for n in range(1, 7)]


@pytest.fixture(autouse=True)
def _keep_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are kept however quick they were, so that the tests do not depend on the machine."""
    monkeypatch.setattr(engine_module, "_WORTH_SECONDS", -1.0)
    monkeypatch.setattr(engine_module, "_SECONDS_PER_CELL", 0.0)


class Bench:
    """Three steps over lines and parameters: lines above a cutoff, their sum by member, and a view that nothing stands on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "stage" / "sql").mkdir(parents=True)
        self.steps = [
            self.step(
                "10_keep", "lines, run_params", "kept", "SELECT l.* FROM lines AS l CROSS JOIN run_params AS p WHERE l.cents > p.cutoff"
            ),
            self.step("20_sum", "kept", "sums", "SELECT member, CAST(SUM(cents) AS BIGINT) AS cents FROM kept GROUP BY member"),
            self.step(
                "30_share", "sums, run_params", "shares", "SELECT s.member, s.cents, p.share FROM sums AS s CROSS JOIN run_params AS p"
            ),
        ]

    def step(self, name: str, reads: str, writes: str, query: str, *, is_table: bool = True) -> Step:
        path = self.folder / "stage" / "sql" / f"{name}_{digest(query)[:6]}.sql"
        path.write_text(f"-- Says.\n-- reads: {reads}\n-- writes: {writes}\n-- grain: one\n-- key: member\n{query}\n", encoding="utf-8")
        return read_step(path, is_table)

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @contextmanager
    def engine(self, limit: int = 10**9, *, has_memo: bool = True) -> Iterator[DuckEngine]:
        with private_folder(self.folder) as private:
            engine = DuckEngine(threads=1, memo=Memo(self.cache, Path(private), limit) if has_memo else None)
            try:
                yield engine
            finally:
                engine.close()

    def run(
        self, rows: list[dict[str, Any]] = ROWS, *, cutoff: int = 150, share: str = "0.5", as_of: date = date(2026, 1, 31)
    ) -> tuple[list[dict[str, Any]], set[str]]:
        """The rows of the last step, and the tables whose steps were computed."""
        with self.engine() as engine:
            engine.register_rows("lines", rows, LINES)
            engine.register_rows("run_params", [{"cutoff": cutoff, "share": Decimal(share), "as_of": as_of}], PARAMS)
            for step in self.steps:
                engine.run(step)
            found = engine.rows("shares", order_by=("member",))
            return found, {s.writes for s in self.steps if s.name in engine.computed}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def expected(*cents: int, share: str = "0.500000") -> list[dict[str, Any]]:
    return [{"member": f"M{n}", "cents": c, "share": Decimal(share)} for n, c in enumerate(cents)]


def test_the_same_again_computes_nothing(bench: Bench) -> None:
    assert bench.run() == (expected(900, 400, 700), {"kept", "sums", "shares"})
    assert bench.run() == (expected(900, 400, 700), set())


def test_a_parameter_concerns_only_the_steps_that_name_it(bench: Bench) -> None:
    bench.run()
    assert bench.run(as_of=date(2026, 2, 28)) == (expected(900, 400, 700), set())
    assert bench.run(share="0.4") == (expected(900, 400, 700, share="0.400000"), {"shares"})
    assert bench.run(cutoff=250) == (expected(900, 400, 500), {"kept", "sums", "shares"})


def test_what_comes_out_as_before_ends_the_computing(bench: Bench) -> None:
    """A cutoff between two amounts keeps the same lines, so nothing behind them is computed."""
    bench.run(cutoff=150)
    assert bench.run(cutoff=199) == (expected(900, 400, 700), {"kept"})


def test_other_rows_are_other_inputs_and_their_order_is_too(bench: Bench) -> None:
    bench.run()
    assert bench.run([*ROWS[:-1], {**ROWS[-1], "cents": 601}]) == (expected(901, 400, 700), {"kept", "sums", "shares"})
    assert bench.run(ROWS[::-1]) == (expected(900, 400, 700), {"kept"})


def test_another_text_is_another_step(bench: Bench) -> None:
    bench.run()
    bench.steps[1] = bench.step("20_sum", "kept", "sums", "SELECT member, CAST(MAX(cents) AS BIGINT) AS cents FROM kept GROUP BY member")
    assert bench.run() == (expected(600, 400, 500), {"sums", "shares"})


def test_a_large_result_is_known_by_what_it_was_made_from(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its content is not hashed, so what follows is computed again though it came out the same."""
    monkeypatch.setattr(engine_module, "_HASHED_CELLS", 0)
    bench.run(cutoff=150)
    assert bench.run(cutoff=150) == (expected(900, 400, 700), set())
    assert bench.run(cutoff=199) == (expected(900, 400, 700), {"kept", "sums", "shares"})


def test_a_view_takes_the_key_of_what_it_stands_on(bench: Bench) -> None:
    bench.steps[0] = bench.step(
        "10_keep", "lines, run_params", "kept", "SELECT l.* FROM lines AS l, run_params AS p WHERE l.cents > p.cutoff", is_table=False
    )
    assert bench.run() == (expected(900, 400, 700), {"sums", "shares"})
    assert bench.run(share="0.4")[1] == {"shares"}
    assert bench.run(cutoff=250) == (expected(900, 400, 500), {"sums", "shares"})


def test_nothing_is_made_before_somebody_wants_its_rows(bench: Bench) -> None:
    """With the whole folder known, not even the inputs are: a step that would fail is never run."""
    bench.run()
    with bench.engine() as engine:
        engine.register_rows("lines", ROWS, LINES)
        engine.register_rows("run_params", [{"cutoff": 150, "share": Decimal("0.5"), "as_of": date(2026, 1, 31)}], PARAMS)
        for step in bench.steps:
            engine.run(step)
        made = engine._con.execute("SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert made.fetchall() == []
        assert (engine.count("shares"), engine.reused) == (3, {s.name for s in bench.steps})


def test_readers_declared_before_a_table_is_replaced_read_what_it_was(bench: Bench) -> None:
    bench.run()
    with bench.engine() as engine:
        engine.register_rows("lines", ROWS, LINES)
        engine.register_rows("run_params", [{"cutoff": 150, "share": Decimal("0.5"), "as_of": None}], PARAMS)
        for step in bench.steps:
            engine.run(step)
        engine.register_rows("run_params", [{"cutoff": 0, "share": Decimal("0.9"), "as_of": None}], PARAMS)
        assert engine.rows("shares", order_by=("member",)) == expected(900, 400, 700)
        engine.run(bench.steps[2])
        assert engine.rows("shares", order_by=("member",)) == expected(900, 400, 700, share="0.900000")


def files_of(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*.{ending}"))


def damage(path: Path, how: str) -> None:
    """In place of the file another of that name, as an accident would leave it."""
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        half = len(content) // 2
        path.write_bytes(
            {"cut": content[:half], "empty": b"", "flipped": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]}[how]
        )


@pytest.mark.parametrize("how", ["cut", "empty", "flipped", "gone"])
@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_a_damaged_or_missing_entry_is_computed_again(bench: Bench, caplog: pytest.LogCaptureFixture, how: str, ending: str) -> None:
    bench.run()
    for path in files_of(bench.cache, ending):
        damage(path, how)
    with caplog.at_level(logging.WARNING):
        assert bench.run()[0] == expected(900, 400, 700)
    assert ("TRU-E031" in caplog.text) == (how != "gone")
    assert bench.run() == (expected(900, 400, 700), set())


def test_the_folder_may_be_deleted_while_a_run_uses_it(bench: Bench) -> None:
    bench.run()
    with bench.engine() as engine:
        engine.register_rows("lines", ROWS, LINES)
        engine.register_rows("run_params", [{"cutoff": 150, "share": Decimal("0.5"), "as_of": date(2026, 1, 31)}], PARAMS)
        engine.run(bench.steps[0])
        assert engine.rows("kept", order_by=("line",))[0] == {"line": 2, "member": "M2", "cents": 200}
        shutil.rmtree(bench.cache)
        assert len(engine.rows("kept")) == 5
        engine.run(bench.steps[1])
        assert engine.computed == {bench.steps[1].name}
    assert bench.run()[0] == expected(900, 400, 700)


def test_a_folder_that_cannot_be_written_costs_nothing_but_reuse(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.cache.write_text("a file where the folder should be", encoding="utf-8")
    assert bench.run() == (expected(900, 400, 700), {"kept", "sums", "shares"})
    assert bench.run() == (expected(900, 400, 700), {"kept", "sums", "shares"})
    assert caplog.text.count("nothing more is kept for later runs") == 2


def test_a_step_that_gives_other_rows_than_before_is_an_error(bench: Bench) -> None:
    """Nobody could say which of the two was right."""
    bench.run()
    with private_folder(bench.folder) as private:
        memo = Memo(bench.cache, Path(private))
        key = next(p.stem for p in files_of(bench.cache, "json") if memo.find(p.stem) and json.loads(p.read_text()[33:])["rows"] == 5)
        memo.keep(key, Kept("another content", 4, 0.0))
    with pytest.raises(EngineError, match=r"TRU-E030 .*gave 5 rows where they gave 4 before"):
        bench.run(share="0.4")


def test_what_was_used_longest_ago_goes_first(bench: Bench) -> None:
    bench.run(cutoff=150)
    for path in bench.cache.iterdir():
        os.utime(path, ns=(0, 0))
    first = set(bench.cache.iterdir())
    bench.run(cutoff=250)
    size = sum(p.stat().st_size for p in set(bench.cache.iterdir()) - first)
    with bench.engine(limit=size) as engine:
        engine.register_rows("lines", ROWS, LINES)
        engine.run(bench.step("40_count", "lines", "counted", "SELECT COUNT(*) AS n FROM lines"))
    left = set(bench.cache.iterdir())
    assert sum(p.stat().st_size for p in left) <= size
    assert left & first == set()
    assert left != set()


def test_half_written_entries_are_never_read_and_go_in_time(bench: Bench) -> None:
    bench.run()
    draft = bench.cache / ".draft-1-0"
    draft.write_bytes(b"half")
    os.utime(draft, ns=(0, 0))
    assert bench.run() == (expected(900, 400, 700), set())
    with bench.engine(limit=sum(p.stat().st_size for p in bench.cache.iterdir())) as engine:
        engine.register_rows("lines", ROWS, LINES)
        engine.run(bench.step("40_count", "lines", "counted", "SELECT COUNT(*) AS n FROM lines"))
    assert not draft.exists()


def test_private_folders_of_processes_that_died_are_removed(tmp_path: Path) -> None:
    with private_folder(tmp_path) as mine:
        dead = tmp_path / Path(mine).name.replace(f"-{os.getpid()}-", "-999999999-")
        dead.mkdir()
        with private_folder(tmp_path) as other:
            assert {p.name for p in tmp_path.iterdir()} == {Path(mine).name, Path(other).name}
    assert list(tmp_path.iterdir()) == []


def test_types_that_a_file_would_change_are_not_kept_in_one(bench: Bench) -> None:
    """A sum without a cast has 128 bits, which a file would round."""
    step = bench.step("40_total", "lines", "totals", "SELECT SUM(cents * 4611686018427387) AS total FROM lines")
    for _ in range(2):
        with bench.engine() as engine:
            engine.register_rows("lines", ROWS, LINES)
            engine.run(step)
            assert engine.rows("totals") == [{"total": 2100 * 4611686018427387}]
    assert files_of(bench.cache, "parquet") == []


def written(bench: Bench, rows: list[dict[str, Any]], run_id: str, *, has_memo: bool) -> str:
    """The hash of a file of lines with a constant."""
    path = bench.folder / f"{run_id}-{has_memo}.parquet"
    with bench.engine(has_memo=has_memo) as engine:
        engine.register_rows("lines", rows, LINES)
        engine.run(bench.step("40_list", "lines", "listed", "SELECT line, member, cents FROM lines"))
        columns = {"run_id": "VARCHAR", "member": "VARCHAR", "line": "INTEGER", "cents": "BIGINT"}
        assert engine.write_files([TableFile("listed", path, columns, ("member", "line"), {"run_id": run_id})]) == [len(rows)]
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "rows", [ROWS, [], [{"line": 1}, {"line": 2, "cents": 5}], [{"line": 1}]], ids=["full", "none", "nulls", "all-null"]
)
def test_a_file_written_from_an_earlier_one_has_the_same_bytes(bench: Bench, rows: list[dict[str, Any]]) -> None:
    plain = {name: written(bench, rows, name, has_memo=False) for name in ("a", "b")}
    assert (plain["a"] != plain["b"]) == bool(rows)
    assert written(bench, rows, "a", has_memo=True) == plain["a"]
    assert written(bench, rows, "b", has_memo=True) == plain["b"]
    assert written(bench, rows, "b", has_memo=True) == plain["b"]
    assert written(bench, rows, "a", has_memo=True) == plain["a"]


def test_whole_numbers_asked_of_a_table_are_remembered(bench: Bench) -> None:
    for asked in (0, 1):
        with bench.engine() as engine:
            engine.register_rows("lines", ROWS, LINES)
            assert (engine.scalar("lines", "SUM(cents)"), engine.scalar("lines", "MIN(member)")) == (2100, "M0")
            assert len(engine._con.execute("SELECT 1 FROM duckdb_tables()").fetchall()) == 1
            assert len(files_of(bench.cache, "json")) == 1, asked


@pytest.mark.parametrize(
    ("kind", "value"),
    [("INTEGER", "7"), ("INTEGER", True), ("INTEGER", 1.5), ("BIGINT", Decimal("1.5")), ("VARCHAR", 7), ("DATE", "2026-01-31"),
     ("BOOLEAN", 1), ("DECIMAL(9,6)", Decimal("0.1234567")), ("DECIMAL(9,6)", 0.5), ("DECIMAL(9,6)", "0.5")],
)  # fmt: skip
def test_a_value_that_would_change_on_its_way_in_is_refused(kind: str, value: object) -> None:
    engine = DuckEngine(threads=1)
    with pytest.raises(TypeError, match=r"t\.c is "):
        engine.register_rows("t", [{"c": None}, {"c": value}], {"c": kind})


def test_values_of_every_type_come_back_as_they_went_in() -> None:
    columns = {"a": "VARCHAR", "b": "INTEGER", "c": "BIGINT", "d": "DATE", "e": "BOOLEAN", "f": "DECIMAL(18,6)"}
    rows = [
        {"a": 'it\'s\n"x"', "b": -1, "c": 2**62, "d": date(1900, 1, 1), "e": False, "f": Decimal("-123456789012.000001")},
        {"a": "", "b": 0, "c": 0, "d": date(9999, 12, 31), "e": True, "f": Decimal("0.500000")},
        dict.fromkeys(columns),
    ]
    engine = DuckEngine(threads=1)
    engine.register_rows("t", rows, columns)
    assert engine.rows("t") == rows
    assert engine.columns("t") == columns


def test_settings_that_the_engine_cannot_read_are_named() -> None:
    with pytest.raises(EngineError, match="TRU-E003 the engine cannot start"):
        DuckEngine(threads="many")
    with pytest.raises(EngineError, match="TRUEUP_MEMORY_LIMIT"):
        DuckEngine(memory_limit="lots")
