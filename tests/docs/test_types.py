"""Types are strict; the modules that switch unknown-type reports off are named in CONTRIBUTING.md, and nobody switches more off."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

HEADER = re.compile(r"^# pyright: (.+)$", re.MULTILINE)
ALLOWED = {
    "reportMissingTypeStubs",
    "reportUnknownArgumentType",
    "reportUnknownLambdaType",
    "reportUnknownMemberType",
    "reportUnknownParameterType",
    "reportUnknownVariableType",
}


def adapters(texts: dict[Path, str]) -> dict[str, set[str]]:
    """The switches in the header of each module of the package that has one."""
    return {
        path.as_posix(): {switch.strip() for line in HEADER.findall(text) for switch in line.split(",")}
        for path, text in texts.items()
        if path.parts[0] == "src" and path.suffix == ".py" and HEADER.search(text)
    }


def test_src_is_strict(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pyright"]
    assert settings["strict"] == settings["include"] == ["src"]
    assert [key for key, value in settings.items() if key.startswith("report") and value != "error"] == []


def test_adapters_switch_off_unknown_type_reports_only(texts: dict[Path, str]) -> None:
    found = adapters(texts)
    allowed = {f"{rule}=false" for rule in ALLOWED}
    assert {module: switches - allowed for module, switches in found.items() if switches - allowed} == {}


def test_adapters_are_those_named_in_contributing(texts: dict[Path, str]) -> None:
    section = texts[Path("CONTRIBUTING.md")].split("## Adapter modules")[1].split("\n## ")[0]
    assert sorted(adapters(texts)) == sorted(re.findall(r"^- `(src/\S+\.py)`", section, re.MULTILINE))


def test_an_ignored_report_names_its_rule(texts: dict[Path, str]) -> None:
    bare = re.compile(r"# type: ignore|# pyright: ignore(?!\[)|# pyright: basic|# noqa(?!: [A-Z])")
    assert {str(path): match.group() for path, text in texts.items() if path.parts[0] == "src" and (match := bare.search(text))} == {}
