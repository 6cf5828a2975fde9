"""Every SQL step keeps to the dialect that both engines understand alike, and says what it reads and writes."""

from __future__ import annotations

import re
from pathlib import Path

import sqlglot

from trueup import pipeline
from trueup.engine.dialect import lint, to_spark
from trueup.engine.steps import Step, read_step, steps_of


def steps(root: Path) -> list[Step]:
    """Every step of every stage, in the order of stages and files."""
    return [step for folder in sorted((root / "src" / "trueup").rglob("sql")) for step in steps_of(str(folder.parent / "stage.py"))]


def steps_beside(root: Path) -> list[Step]:
    """Steps that no stage runs in its order: what stands in for an index, the fit of risk models, the score against a synthetic truth."""
    package = root / "src" / "trueup"
    folders = (package / "claims" / "index_sql", package / "risk" / "fit_sql", package / "synthetic" / "score_sql")
    return [read_step(path, True) for folder in folders for path in sorted(folder.rglob("*.sql"))]


def test_every_file_is_a_step(root: Path, tracked: list[Path]) -> None:
    """The pipeline runs them all but those of the acts and the study beside it."""
    files = {root / path for path in tracked if path.suffix == ".sql" and path.parent.name == "sql"}
    assert len(files) > 40
    assert {step.path for step in steps(root)} == files
    others = {root / path for path in tracked if path.suffix == ".sql" and path.parts[0] != "benchmarks"} - files
    # Intake fills its few files with the columns of a delivery; they are no steps.
    assert {step.path for step in steps_beside(root)} == {path for path in others if path.parent.name != "intake_sql"}
    beside = {path.parent.relative_to(root / "src" / "trueup").as_posix() for path in files - {step.path for step in pipeline.steps()}}
    assert beside == {"pricing/sql", "pricing/stays/sql", "settlement/sql", "definition/sql", "quality/clinical/sql"}


def test_files_are_numbered_verbs(root: Path) -> None:
    assert [
        step.path.name for step in [*steps(root), *steps_beside(root)] if not re.fullmatch(r"\d\d_[a-z]+(_[a-z]+)+\.sql", step.path.name)
    ] == []


def test_no_step_leaves_the_dialect(root: Path) -> None:
    assert [problem for step in [*steps(root), *steps_beside(root)] for problem in lint(step)] == []


def test_every_step_translates_to_spark_and_parses_there(root: Path) -> None:
    for step in steps(root):
        (statement,) = sqlglot.parse(to_spark(step.sql), read="spark")
        assert isinstance(statement, sqlglot.exp.Query), step.name


def test_no_two_steps_of_a_flow_write_the_same_table() -> None:
    for kind in pipeline.FLOWS:
        written = [step.writes for step in pipeline.steps(kind)]
        assert sorted({table for table in written if written.count(table) > 1}) == [], kind


def test_every_step_of_a_flow_reads_what_is_there_before_it() -> None:
    """Rules, facts and prices are there from the start; everything else is written by an earlier step, or by Python between two steps."""
    for kind in pipeline.FLOWS:
        later = {step.writes: n for n, step in enumerate(pipeline.steps(kind))}
        early = [(s.name, t) for n, s in enumerate(pipeline.steps(kind)) for t in s.reads if later.get(t, -1) > n]
        assert early == [], kind
