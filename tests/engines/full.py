"""Everything on both engines: `make test-spark`, and `make test-spark LINES=1000000` for a larger state and larger claims.

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
# Medical and pharmacy lines of a member of the generated state, about.
LINES_A_MEMBER = 28
MEMORY = f"spark.driver.memory {os.environ.get('TRUEUP_SPARK_MEMORY', '3g')}\n"

covered: set[Path] = set()


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> SparkOptions:
    """Spark as people run it, with Java's own compilers, on two threads."""
    path = tmp_path_factory.mktemp("settings") / "spark.conf"
    path.write_text(f"spark.master local[2]\n{MEMORY}", encoding="utf-8")
    return SparkOptions(conf_file=path)


@pytest.fixture(scope="session")
def state(loaded: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated state of about as many lines as LINES says, with what was planted in it."""
    return walks.state(tmp_path_factory.mktemp("state"), loaded.values(), members=LINES // LINES_A_MEMBER)


@pytest.fixture(scope="session")
def generated(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with claims of the benchmark's generator: many people, few of whom a maternity program cares about."""
    folder = tmp_path_factory.mktemp("generated")
    words = [sys.executable, "benchmarks/claims.py", "--lines", str(LINES), "--out", str(folder / "claims")]
    subprocess.run(words, cwd=root, check=True)
    ws = Workspace.create(folder / "workspace", walks.KEY)
    load_files(ws, sorted((folder / "claims").glob("*.parquet")))
    return ws.path


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


def test_generated_claims(generated: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    """Of one program: the periods of the other lie before these claims."""
    program = loaded[MATERNITY[0]]
    found = compared(lambda engine, _: walks.settled(walks.copied(generated, tmp_path / engine), program), options, tmp_path)
    assert found.rows > 1_000
    equal(found)


def test_every_step_was_compared(root: Path) -> None:
    package = root / "src" / "trueup"
    wanted = {path for path in package.rglob("*.sql") if path.parent.name in SQL or path.parent.parent.name in SQL}
    assert sorted(str(path.relative_to(package)) for path in wanted - covered) == []


# --- a cluster: last, because a process has one Spark application ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machines(can_start: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    cluster.stop_spark()
    with cluster.running(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture(scope="module")
def on_cluster(machines: cluster.Cluster) -> SparkOptions:
    """Two executors, each on a worker of its own."""
    lines = ("spark.executor.memory 1g", "spark.executor.cores 1", "spark.cores.max 2", f"spark.trueup.scratch {machines.scratch}", MEMORY)
    path = machines.folder / "cluster.conf"
    path.write_text("\n".join(lines), encoding="utf-8")
    return SparkOptions(machines.url, path)


def _run_on(options: SparkOptions, workspace: Path, loaded: dict[str, Program], folder: Path) -> Compared:
    program = loaded[MATERNITY[0]]
    return compared(lambda engine, _: walks.without_folder(walks.ran(walks.copied(workspace, folder / engine), program)), options, folder)


def test_a_cluster(generated: Path, loaded: dict[str, Program], on_cluster: SparkOptions, tmp_path: Path) -> None:
    found = _run_on(on_cluster, generated, loaded, tmp_path)
    assert found.rows > 1_000
    assert found.differences == ()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_on_a_cluster(name: str, state: Path, loaded: dict[str, Program], on_cluster: SparkOptions, tmp_path: Path) -> None:
    """Priced, run and settled."""
    found = compared(lambda engine, _: walks.settled(walks.copied(state, tmp_path / engine), loaded[name]), on_cluster, tmp_path)
    assert found.differences == ()


def test_a_cluster_that_loses_an_executor_and_a_worker(
    machines: cluster.Cluster, generated: Path, loaded: dict[str, Program], on_cluster: SparkOptions, tmp_path: Path
) -> None:
    with cluster.trouble(machines, after=30, then=70) as done:
        found = _run_on(on_cluster, generated, loaded, tmp_path)
    assert done == ["tasks lost with an executor", "a worker lost"]
    assert found.differences == ()
