"""One piece of work on both engines, and every table that came of it compared row by row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from trueup.engine import DuckEngine, Engine, Step, TableFile
from trueup.engine.spark import SparkEngine
from trueup.engine.spark_session import SparkOptions
from trueup.tables import CANONICAL

# The modules that open the embedded engine themselves, and not the chosen one.
OPENERS = ("trueup.commands.define", "trueup.synthetic.score", "trueup.synthetic.score_stays", "trueup.synthetic.score_panels")
# The engines of a piece of work stay open beside each other, with all their tables: none may take the machine.
LIMIT = os.environ.get("TRUEUP_MEMORY_LIMIT", "2GB")


@dataclass
class Played:
    """The engines that a piece of work opened, still open, and the steps that each ran."""

    make: Callable[[], Engine]
    engines: list[Engine] = field(default_factory=list[Engine])
    steps: list[set[Path]] = field(default_factory=list[set[Path]])

    def open(self) -> Any:
        """An engine whose steps are recorded, and which stays open when the work closes it."""
        engine: Any = self.make()
        ran: set[Path] = set()
        run = engine.run

        def recorded(step: Step) -> None:
            run(step)
            ran.add(step.path)

        engine.run, engine.end, engine.close = recorded, engine.close, lambda: None
        self.engines.append(engine)
        self.steps.append(ran)
        return engine

    def end(self) -> None:
        for engine in self.engines:
            getattr(engine, "end")()  # noqa: B009


@dataclass(frozen=True)
class Compared:
    """What a comparison found: how many tables and rows were compared, a sentence for each table that is not alike, and the files of the
    steps that Spark ran."""

    tables: int
    rows: int
    differences: tuple[str, ...]
    steps: frozenset[Path]


@contextmanager
def opening(make: Callable[[], Engine]) -> Iterator[Played]:
    """Within the block, everything that computes does so on engines made by `make`, which are recorded."""
    played = Played(make)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trueup.runs.chosen_engine", lambda _: played.open())
        for module in OPENERS:
            patch.setattr(f"{module}.DuckEngine", lambda **_: played.open())
        yield played


def compared(work: Callable[[str, Callable[[], Engine]], object], options: SparkOptions, folder: Path) -> Compared:
    """Do a piece of work on DuckDB and on Spark, and compare what it gave back and every table.

    Args:
        work: is called with the name of the engine and with what opens one; it gives back what must be equal beside the tables.
        folder: where tables are written to be compared.
    """
    with opening(lambda: DuckEngine(memory_limit=LIMIT, temp_folder=folder / "spill")) as duck:
        expected = work("duckdb", duck.open)
    with opening(lambda: SparkEngine(options, memory_limit=LIMIT)) as spark:
        found = work("spark", spark.open)
    differences = [] if found == expected else [f"the work gave {found!r}, expected {expected!r}"]
    tables = rows = 0
    for one, other in zip(duck.engines, spark.engines, strict=True):
        count, held, unlike = _tables(one, other, folder)
        tables, rows = tables + count, rows + held
        differences += unlike
    steps = frozenset().union(*spark.steps)
    if steps != frozenset().union(*duck.steps):
        differences.append("other steps ran")
    duck.end()
    spark.end()
    return Compared(tables, rows, tuple(differences), steps)


def _tables(duck: Engine, spark: Engine, folder: Path) -> tuple[int, int, list[str]]:
    names, theirs = set(getattr(duck, "_tables")), set(getattr(spark, "_names"))  # noqa: B009
    differences = [f"only one engine has {name}" for name in sorted(names ^ theirs)]
    both = sorted((names & theirs) - set(CANONICAL))
    rows = 0
    for name in both:
        columns = duck.columns(name)
        rows += duck.count(name)
        if list(columns.items()) != list(spark.columns(name).items()):
            other = spark.columns(name)
            unlike = {c: (t, other.get(c)) for c, t in columns.items() if t != other.get(c)}
            differences.append(f"{name} has other columns or types: {unlike or 'in another order'}")
        elif digest(duck, name, folder) != digest(spark, name, folder):
            differences.append(f"{name} has other rows: {_rows(duck, spark, name)}")
    return len(both), rows, differences


def digest(engine: Engine, table: str, folder: Path) -> str:
    """SHA-256 of a table's rows in the order of all its columns, as a file that one writer made."""
    path = folder / "table.parquet"
    engine.write_files([TableFile(table, path, engine.columns(table))])
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    return found


def _rows(duck: Engine, spark: Engine, table: str) -> str:
    one, other = ([repr(tuple(r.values())) for r in engine.rows(table)] for engine in (duck, spark))
    missing, extra = sorted(set(one) - set(other)), sorted(set(other) - set(one))
    return f"{len(one)} and {len(other)}; DuckDB alone {missing[:2]}, Spark alone {extra[:2]}"
