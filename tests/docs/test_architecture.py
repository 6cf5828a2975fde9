"""The tree in ARCHITECTURE.md is the tree of the repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ENTRY = re.compile(r"^( *)(\S+)(?:  +(.*))?$")


@pytest.fixture(scope="module")
def drawn(texts: dict[Path, str]) -> dict[str, str]:
    """Path -> purpose, as drawn: two spaces of indentation a level."""
    block = texts[Path("ARCHITECTURE.md")].split("## The tree")[1].split("```")[1].split("\n", 1)[1]
    found: dict[str, str] = {}
    parents: list[str] = []
    for line in block.rstrip().splitlines():
        match = ENTRY.match(line)
        assert match is not None, line
        level = len(match[1]) // 2
        parents = [*parents[:level], match[2]]
        found["".join(parents)] = match[3] or ""
    return found


def test_every_line_of_the_tree_has_a_purpose(drawn: dict[str, str]) -> None:
    assert [path for path, purpose in drawn.items() if len(purpose) < 8] == []


def test_the_top_level_is_drawn_as_it_is(drawn: dict[str, str], tracked: list[Path]) -> None:
    real = {path.parts[0] + ("/" if len(path.parts) > 1 else "") for path in tracked}
    assert {path for path in drawn if path.rstrip("/").count("/") == 0} == real


NO_STAGE = {"acts", "commands", "engine", "rules", "synthetic", "tables"}  # what stages stand on, and who calls them


@pytest.mark.parametrize("folder", ["src/trueup/", "programs/", "tests/", "docs/"])
def test_a_folder_is_drawn_as_it_is(folder: str, drawn: dict[str, str], tracked: list[Path]) -> None:
    names = [path.as_posix().removeprefix(folder) for path in tracked if path.as_posix().startswith(folder)]
    real = {name.split("/")[0] + ("/" if "/" in name else "") for name in names} - {"py.typed"}
    assert {path.removeprefix(folder) for path in drawn if path.startswith(folder) and path != folder} == real


def test_every_stage_is_in_the_flow(texts: dict[Path, str], tracked: list[Path]) -> None:
    flow = texts[Path("ARCHITECTURE.md")].split("## The flow")[1].split("\n## ")[0]
    folders = {path.parts[2] for path in tracked if path.parts[:2] == ("src", "trueup") and len(path.parts) > 3}
    assert set(re.findall(r"^\| [^|]+ \| `(\w+)/` \|", flow, re.MULTILINE)) == folders - NO_STAGE


def test_every_stage_is_under_contract(root: Path, tracked: list[Path]) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    folders = {path.parts[2] for path in tracked if path.parts[:2] == ("src", "trueup") and len(path.parts) > 3}
    stages = {f"trueup.{folder}" for folder in folders - NO_STAGE}
    assert {contract["id"] for contract in contracts} == {"order", "ground", "programs"}
    for contract in contracts:
        if contract["id"] == "order":
            assert set(contract["modules"]) == stages
        if contract["id"] == "programs":
            assert stages - set(contract["source_modules"]) == set()
