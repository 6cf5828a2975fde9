"""Rules of the house that a reader of any file may rely on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

# Assembled, so that this file does not contain what it looks for.
REGISTRY_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs", "deb." + "debian", "crates" + ".io"]
MACHINE_PATHS = re.compile("|".join(["/wor" + "k/", "/ro" + "ot/", "/ho" + "me/[a-z]", "/Us" + "ers/[A-Za-z]", r"C:\\Us" + "ers"]))
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", r"\bXX" + r"X\b", "NotImplemented" + "Error", r"mark\.xf" + "ail"]))
STATES = ["hus" + "ky", "connec" + "ticut", "colo" + "rado", "care" + "lon"]


def test_no_registry_host_is_named(texts: dict[Path, str]) -> None:
    assert {str(path): host for path, text in texts.items() for host in REGISTRY_HOSTS if host in text} == {}


def test_lock_makefile_and_ci_hold_no_address(texts: dict[Path, str]) -> None:
    ours = [p for p in texts if p.name in {"Makefile", "requirements.lock"} or p.parts[0] == ".ci"]
    assert sorted(map(str, ours)) == [".ci/run", "Makefile", "requirements.lock"]
    assert [str(path) for path in ours if re.search("https?://|index-url", texts[path])] == []


def test_every_locked_package_is_pinned_with_a_hash(root: Path) -> None:
    entries = re.split(r"\n(?=[a-z])", (root / "requirements.lock").read_text(encoding="utf-8").strip())
    assert [entry.split()[0] for entry in entries if not re.match(r"[a-z0-9.-]+==\S+", entry) or "--hash=sha256:" not in entry] == []
    assert {"duckdb", "hatchling", "pytest"} <= {entry.split("==")[0] for entry in entries}


def test_no_path_of_a_machine_is_named(texts: dict[Path, str]) -> None:
    assert {str(path): match.group() for path, text in texts.items() if (match := MACHINE_PATHS.search(text))} == {}


def test_nothing_is_left_unfinished(texts: dict[Path, str]) -> None:
    ours = {path: text for path, text in texts.items() if path.parts[0] in {"src", "tests", "scripts", "benchmarks"}}
    assert {str(path): match.group() for path, text in ours.items() if (match := UNFINISHED.search(text))} == {}


def test_the_engine_names_no_program_and_no_state(root: Path, texts: dict[Path, str]) -> None:
    registry = YAML(typ="safe").load((root / "programs" / "registry.yaml").read_text(encoding="utf-8"))
    ids = [program["id"] for program in registry["programs"]]
    assert len(ids) >= 2
    named = {
        f"{path}: {word}"
        for path, text in texts.items()
        if path.parts[0] == "src"
        for word in ids + STATES
        if word in text.lower() or word in str(path).lower()
    }
    assert named == set()


@pytest.mark.parametrize("folder", ["src", "tests", "scripts"])
def test_modules_stay_under_500_lines(folder: str, texts: dict[Path, str]) -> None:
    modules = {path: text for path, text in texts.items() if path.parts[0] == folder and path.suffix == ".py"}
    assert modules != {}
    assert {str(path): text.count("\n") for path, text in modules.items() if text.count("\n") > 500} == {}


def test_functions_stay_readable(texts: dict[Path, str]) -> None:
    """About 40 lines is the aim; 80, docstring included, is the limit."""
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, text in texts.items()
        if path.parts[0] == "src" and path.suffix == ".py"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None and node.end_lineno - node.lineno >= 80
    }
    assert long == {}


def test_no_clock_below_the_command_line(texts: dict[Path, str]) -> None:
    """The one exception says since when a lock is held; nothing is computed from it."""
    clock = re.compile(r"\b(today|now|utcnow)\(|current_date|current_timestamp", re.IGNORECASE)
    found = [
        path.as_posix()
        for path, text in texts.items()
        if path.parts[:2] == ("src", "trueup") and path.suffix in {".py", ".sql"} and path.parts[2] not in {"cli.py", "commands"}
        for line in text.splitlines()
        if clock.search(line)
    ]
    assert found == ["src/trueup/workspace.py"]
