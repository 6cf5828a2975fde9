"""Both engines give the same tables, row for row: a run of one program of each kind in `programs/`, on a few members of a generated state.

All programs with their prices, larger states and a cluster that loses a worker are compared by `make test-spark`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from engines import walks
from engines.both import compared

from trueup import pipeline
from trueup.acts.episodes import SETTLEMENT_STEPS
from trueup.candidates.everyone import stage as everyone
from trueup.candidates.stays import stage as stay_candidates
from trueup.engine.spark_session import SparkOptions
from trueup.payments.panels import stage as panel_add_ons
from trueup.payments.tiers import stage as tier_add_ons
from trueup.rules.program import Program
from trueup.units.panels import stage as panels
from trueup.units.stays import stage as stays

pytestmark = pytest.mark.xdist_group("spark")

# The programs, and the steps that they must have run: of births the whole flow, of the others what their kind alone has.
STEPS = {
    "ct-husky-maternity": {step.path for step in (*pipeline.steps("maternity_episode"), *SETTLEMENT_STEPS)},
    "ct-peds-psych": {step.path for stage in (stays, stay_candidates, tier_add_ons) for step in stage.STEPS},
    "ct-sim-p4p": {step.path for stage in (panels, everyone, panel_add_ons) for step in stage.STEPS},
    "mssp": {step.path for step in everyone.STEPS},
}


@pytest.fixture(scope="module")
def workspace(loaded: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in forty members of a generated state."""
    return walks.state(tmp_path_factory.mktemp("state"), loaded.values(), keep=40)


@pytest.mark.parametrize("name", STEPS)
def test_a_run_is_the_same_on_both(name: str, workspace: Path, loaded: dict[str, Program], options: SparkOptions, tmp_path: Path) -> None:
    program = loaded[name]
    found = compared(
        lambda engine, _: walks.without_folder(walks.ran(walks.copied(workspace, tmp_path / engine), program)), options, tmp_path
    )
    assert found.differences == ()
    assert found.tables >= len(found.steps) > 0
    assert found.rows > found.tables
    assert sorted(str(path) for path in STEPS[name] - found.steps) == []
