"""Everything on both engines: `make test-spark`, and `make test-spark LINES=1000000` for larger claims.

Not part of `make test`: it takes most of an hour on two cores.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import cluster, walks
from engines.both import Compared, compared
from programs.test_invented_program import INVENTED, PROGRAM, REGISTRY, book, written

from trueup.claims.intake import load_files
from trueup.engine.spark_session import SparkOptions
from trueup.rules.load import load_program, program_ids
from trueup.rules.program import Program
from trueup.workspace import Workspace

LINES = int(os.environ.get("TRUEUP_SPARK_LINES", "100000"))
MATERNITY = ("ct-husky-maternity", "co-maternity")
PROGRAMS = (*MATERNITY, "ct-obp4p", "ct-peds-psych", "ct-sim-p4p", "ct-sim-ssp", "mssp")
SQL = ("sql", "fit_sql", "score_sql")
# Compares written files by DuckDB alone: the rows that intake prepares.
MEMORY = "spark.driver.memory 3g\n"

covered: set[Path] = set()


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> SparkOptions:
    """Spark as people run it, with Java's own compilers, on two threads."""
    path = tmp_path_factory.mktemp("settings") / "spark.conf"
    path.write_text(f"spark.master local[2]\n{MEMORY}", encoding="utf-8")
    return SparkOptions(conf_file=path)


@pytest.fixture(scope="session")
def state(loaded: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated state of 2,000 members, with what was planted in it."""
    return walks.state(tmp_path_factory.mktemp("state"), loaded.values())


def equal(found: Compared) -> None:
    covered.update(found.steps)
    assert found.differences == ()


def test_the_programs_are_all_there(programs: Path) -> None:
    assert sorted(PROGRAMS) == sorted(program_ids(programs))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_a_state(name: str, state: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    """Priced, run, settled, and scored against the truth."""
    truth = state.parent / "claims" / "ground_truth"
    equal(compared(lambda engine, _: walks.scored(walks.copied(state, tmp_path / engine), loaded[name], truth), options, tmp_path))


def test_a_risk_model_and_its_prices(state: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    equal(compared(lambda engine, _: walks.fitted(walks.copied(state, tmp_path / engine), loaded[MATERNITY[0]]), options, tmp_path))


def test_a_review_sheet(state: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    program = loaded[MATERNITY[1]]
    equal(
        compared(
            lambda engine, _: walks.defined(walks.copied(state, tmp_path / engine), program, "BASE", tmp_path / "sheet"), options, tmp_path
        )
    )


def test_clinical_measures(options: SparkOptions, tmp_path: Path) -> None:
    equal(compared(lambda _, make: walks.counted(make), options, tmp_path))


def test_a_program_of_procedures(programs: Path, options: SparkOptions, tmp_path: Path) -> None:
    home = tmp_path / "programs"
    shutil.copytree(INVENTED / PROGRAM, home / PROGRAM)
    shutil.copytree(programs / "common", home / "common")
    (home / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    ws = Workspace.create(tmp_path / "ws", walks.KEY)
    load_files(ws, [written(tmp_path, "medical_claim", book())], received=None)
    program = load_program(home, PROGRAM)
    equal(compared(lambda engine, _: walks.settled(walks.copied(ws.path, tmp_path / engine), program), options, tmp_path))


@pytest.mark.parametrize("name", MATERNITY)
def test_generated_claims(
    name: str, root: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As many lines as LINES says, of the benchmark's generator."""
    folder = tmp_path_factory.mktemp("generated")
    words = [sys.executable, "benchmarks/claims.py", "--lines", str(LINES), "--out", str(folder / "claims")]
    subprocess.run(words, cwd=root, check=True)
    ws = Workspace.create(folder / "workspace", walks.KEY)
    load_files(ws, sorted((folder / "claims").glob("*.parquet")))
    equal(compared(lambda engine, _: walks.settled(walks.copied(ws.path, folder / engine), loaded[name]), options, folder))


def test_every_step_was_compared(root: Path) -> None:
    package = root / "src" / "trueup"
    wanted = {path for path in package.rglob("*.sql") if path.parent.name in SQL or path.parent.parent.name in SQL}
    assert sorted(str(path.relative_to(package)) for path in wanted - covered) == []


# --- a cluster: last, because a process has one Spark application ------------------------------------------------------------------------


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[cluster.Cluster]:
    from pyspark import SparkContext

    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()
    with cluster.running(tmp_path) as found:
        yield found


def test_a_cluster_that_loses_an_executor_and_a_worker(
    machines: cluster.Cluster, state: Path, loaded: dict[str, Program], tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    settings = tmp_path / "cluster.conf"
    lines = ("spark.executor.memory 1g", "spark.executor.cores 1", "spark.cores.max 2", f"spark.trueup.scratch {scratch}", MEMORY)
    settings.write_text("\n".join(lines), encoding="utf-8")
    with cluster.trouble(machines, lambda: len(list(scratch.glob("*/*"))), after=30, then=70) as done:
        found = compared(
            lambda engine, _: walks.settled(walks.copied(state, tmp_path / engine), loaded[MATERNITY[0]]),
            SparkOptions(machines.url, settings),
            tmp_path,
        )
    assert done == ["executor", "worker"]
    assert found.differences == ()
