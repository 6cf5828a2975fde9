"""What the tests of the house look at: the files git tracks, or would track."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file of the repository that is not ignored, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True
    )
    return sorted(path for name in listing.stdout.split("\0") if name and (root / (path := Path(name))).is_file())


@pytest.fixture(scope="session")
def texts(root: Path, tracked: list[Path]) -> dict[Path, str]:
    """The text of every tracked file that is UTF-8 text."""
    found: dict[Path, str] = {}
    for path in tracked:
        try:
            found[path] = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found
