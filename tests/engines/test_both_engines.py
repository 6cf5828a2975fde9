"""Both engines give the same tables, row for row: every step of a maternity program, and of the kinds that fit into the time of the tests.

All programs, larger states and a cluster that loses a worker are compared by `make test-spark`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from engines import walks
from engines.both import compared

from trueup import pipeline
from trueup.acts.episodes import SETTLEMENT_STEPS
from trueup.engine.spark_session import SparkOptions
from trueup.rules.program import Program

pytestmark = pytest.mark.xdist_group("spark")

BY_MONTH, STAYS = "ct-husky-maternity", "ct-peds-psych"


@pytest.fixture(scope="module")
def workspace(loaded: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in forty members of a generated state."""
    return walks.state(tmp_path_factory.mktemp("state"), loaded.values(), keep=40)


@pytest.mark.parametrize("name", [BY_MONTH, STAYS])
def test_a_run_is_the_same_on_both(name: str, workspace: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    program = loaded[name]
    found = compared(
        lambda engine, _: walks.without_folder(walks.ran(walks.copied(workspace, tmp_path / engine), program)), options, tmp_path
    )
    assert found.differences == ()
    expected = {step.path for step in pipeline.steps(program.kind)} | {step.path for step in SETTLEMENT_STEPS if program.has("settlement")}
    assert {path.name for path in expected - found.steps} == NOT_RUN[name]
    assert found.tables > 100


# What a run of the program passes over: steps of a stage that its rules leave out, and checks of tables of another flow.
NOT_RUN: dict[str, set[str]] = {BY_MONTH: set(), STAYS: set()}
