"""Shared by all tests: where things are, and how hard Hypothesis works."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

settings.register_profile("fast", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("TRUEUP_HYPOTHESIS", "fast"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the group of a test in its id, by which a worker is chosen: pytest-xdist 3.8 writes it where pytest 9.2 no longer looks.

    Beside those with a group of their own, tests that share a fixture of their module go to one worker, so that it is made once.
    """
    for item in items if getattr(config.option, "loadgroup", False) else []:
        mark, fixtures = item.get_closest_marker("xdist_group"), getattr(item, "_fixtureinfo", None)
        shares = fixtures is not None and any(defs[-1].scope == "module" for defs in fixtures.name2fixturedefs.values())
        group = mark.args[0] if mark else item.path.stem if shares else ""
        if group and not item.nodeid.endswith(f"@{group}"):
            item._id = NodeId.parse(f"{item.nodeid}@{group}")  # pyright: ignore[reportPrivateUsage]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def programs(root: Path) -> Path:
    """The folder of all programs."""
    return root / "programs"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data nobody on this project wrote, beside the checkout; tests that use it are skipped where it is absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("no folder ../shared/data beside this checkout")
    return folder
