"""The same inputs give the same bytes wherever and however they are computed, and changes that mean nothing change nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flow.harness import State, tree

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Claims and a workspace made once more: in another folder, time zone and language, with one thread, and with sets in another order."""
    folder = tmp_path_factory.mktemp("again")
    settings = {"PYTHONPATH": str(TESTS), "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "LC_ALL": "C", "COLUMNS": "57"}
    words = [sys.executable, "-m", "flow.again", str(folder / "claims"), str(folder / "workspace"), "1"]
    done = subprocess.run(words, env={**os.environ, **settings}, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def suffixes(files: dict[str, str]) -> set[str]:
    return {Path(name).suffix for name, digest in files.items() if digest != "folder"}


def test_the_same_seed_gives_the_same_claims(state: State, again: Path) -> None:
    first = tree(state.claims)
    assert suffixes(first) == {".csv", ".txt"}
    assert tree(again / "claims") == first


@pytest.mark.parametrize(
    ("part", "kinds"),
    [("prices", {".parquet", ".json"}), ("runs", {".parquet", ".json"}), ("reports", {".html", ".xlsx", ".csv"})],
)
def test_the_same_claims_give_the_same_bytes(state: State, again: Path, part: str, kinds: set[str]) -> None:
    first = tree(state.path / part)
    assert suffixes(first) == kinds
    assert tree(again / "workspace" / part) == first


def test_the_same_claims_give_the_same_batch(state: State, again: Path) -> None:
    """Tables to the byte. The manifest also holds where each file lay, hashed, to notice a known file with new content."""
    first, second = tree(state.path / "batches"), tree(again / "workspace" / "batches")
    assert suffixes(first) == {".parquet", ".json"}
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name] and not name.endswith("/manifest.json")] == []

    def manifest(workspace: Path) -> Any:
        (path,) = workspace.glob("batches/*/manifest.json")
        content = json.loads(path.read_text(encoding="utf-8"))
        return {**content, "files": [{k: v for k, v in f.items() if k != "place"} for f in content["files"]]}

    assert manifest(again / "workspace") == manifest(state.path)
