"""Where programs are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from trueup import locations
from trueup.errors import UsageError


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the package lies in `folder`."""
    package = folder / "src" / "trueup"
    package.mkdir(parents=True)
    monkeypatch.setattr(locations, "__file__", str(package / "locations.py"))
    return package


def registry(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "registry.yaml").write_text("schema: 1\nprograms: []\n", encoding="utf-8")
    return folder


def test_a_checkout_uses_its_own_programs(programs: Path) -> None:
    assert locations.programs_dir() == programs


def test_the_copy_in_the_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed(tmp_path, monkeypatch)
    registry(tmp_path / "programs")
    assert locations.programs_dir() == tmp_path / "programs"
    inside = registry(package / "programs")
    assert locations.programs_dir() == inside


def test_a_folder_without_a_registry_is_no_folder_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed(tmp_path, monkeypatch)
    (package / "programs").mkdir()
    (tmp_path / "programs").mkdir()
    with pytest.raises(UsageError) as caught:
        locations.programs_dir()
    assert caught.value.code == "TRU-U001"
    assert caught.value.next_step == "Name the folder with --programs DIR."
    assert caught.value.exit_code == 2
