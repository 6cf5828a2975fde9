"""Shared by all tests: where things are, and how hard Hypothesis works."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

settings.register_profile("fast", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", max_examples=500, deadline=None)
settings.load_profile(os.environ.get("TRUEUP_HYPOTHESIS", "fast"))


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
