"""What is built and installed: the wheel carries everything a user needs, and the lock is the one the dependencies ask for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_the_whole_package(wheel: set[str], tracked: list[Path]) -> None:
    source = {path.relative_to("src").as_posix() for path in tracked if path.parts[0] == "src"}
    assert source - wheel == set()


def test_the_wheel_carries_what_is_no_module(wheel: set[str]) -> None:
    """Files that the package reads while it runs: steps, migrations of the ledger, the layout of a money file, page templates."""
    needed = {
        "ledger/migrations/env.py", "ledger/migrations/versions/r0001_ledger.py", "ledger/migrations/versions/r0002_disputes.py",
        "remittance/layouts/ftx00006.csv", "risk/fit_sql/10_take_base_episodes.sql", "risk/sql/10_measure_episodes.sql",
        "reports/templates/page.html.j2", "reports/templates/page.css",
    }  # fmt: skip
    assert {f"trueup/{name}" for name in needed} - wheel == set()


def test_the_wheel_carries_every_program(wheel: set[str], tracked: list[Path]) -> None:
    programs = {f"trueup/{path.as_posix()}" for path in tracked if path.parts[0] == "programs"}
    assert "trueup/programs/registry.yaml" in programs
    assert programs - wheel == set()


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    assert {name for name in wheel if not re.match(r"trueup/|trueup-[\d.]+\.dist-info/", name)} == set()


def test_the_lock_meets_every_dependency(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (root / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE):
        locked.setdefault(name, []).append(version)
    extras = settings["project"]["optional-dependencies"]
    assert {"actuarial", "postgres", "x12"} <= set(extras)
    named = (
        settings["project"]["dependencies"] + settings["dependency-groups"]["dev"] + [text for extra in extras.values() for text in extra]
    )
    wanted = [Requirement(text) for text in named]
    names = [re.sub(r"[._]", "-", requirement.name.lower()) for requirement in wanted]
    unmet = [str(r) for r, name in zip(wanted, names, strict=True) if not any(v in r.specifier for v in locked.get(name, []))]
    assert unmet == []
