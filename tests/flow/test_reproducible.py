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

from trueup import run_output
from trueup.tables import CANONICAL

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


def batch_manifest(workspace: Path) -> Any:
    """The manifest of the one batch, without where each file lay (hashed, to notice a known file with new content)."""
    (path,) = workspace.glob("batches/*/manifest.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    return {**content, "files": [{k: v for k, v in f.items() if k != "place"} for f in content["files"]]}


def test_everything_again_to_the_byte(state: State, again: Path) -> None:
    """Claims of the same seed, batches, prices, runs with their manifests, and reports."""
    kinds = {
        "claims": {".csv", ".txt"},
        "batches": {".parquet"},
        "prices": {".parquet", ".json"},
        "runs": {".parquet", ".json"},
        "reports": {".html", ".xlsx", ".csv"},
    }
    for part, expected in kinds.items():
        first = tree(state.claims if part == "claims" else state.path / part)
        second = tree(again / part if part == "claims" else again / "workspace" / part)
        if part == "batches":
            first, second = ({k: v for k, v in files.items() if not k.endswith(".json")} for files in (first, second))
        assert suffixes(first) == expected
        assert second == first
    assert batch_manifest(again / "workspace") == batch_manifest(state.path)


def test_findings_stand_in_a_manifest_by_their_whole_key() -> None:
    """Batches may hold files of one name; by less than the key, their findings would stand as the engine's threads gave them."""
    assert sorted(run_output._FINDINGS_ORDER) == sorted(CANONICAL["findings"].key)
