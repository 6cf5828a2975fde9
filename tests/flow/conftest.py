"""One synthetic state of 2,000 members, taken through every command once: claims, workspace, prices, runs, reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow.harness import PROGRAMS, State, everything, trueup, well


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the synthetic state, as plain CSV."""
    folder = tmp_path_factory.mktemp("state") / "claims"
    well(trueup("synth", folder, "--programs", *PROGRAMS, "--members", 2000, "--seed", 1, "--format", "csv"))
    return folder


@pytest.fixture(scope="session")
def state(claims: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    """A workspace in which everything was done. Tests that change something work on a copy of it."""
    return everything(claims, tmp_path_factory.mktemp("done") / "workspace")
