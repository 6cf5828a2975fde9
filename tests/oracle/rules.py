"""The rule file of a program as plain values: the YAML, the assumptions, and the value sets as dictionaries.

Nothing here checks a rule file; it only looks values up. An `unknown` value the assumptions do not fill reads as None.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def as_date(value: object) -> date | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))


@dataclass
class CodeSet:
    """Codes of one value set: (system, code) -> the spans in which they hold, half-open, each with its number (or None)."""

    spans: dict[tuple[str, str], list[tuple[date | None, date | None, int | None]]] = field(default_factory=dict)

    def value(self, system: str, code: str | None, day: date | None) -> tuple[bool, int | None]:
        """Whether the code is in the set on the day, and the largest number it stands for."""
        found, number = False, None
        if not code:
            return False, None
        for key in ((system, code), (f"{system}-category", code[:3])):
            if key not in self.spans:
                continue
            for start, end, mapped in self.spans[key]:
                if day is not None and ((start is not None and day < start) or (end is not None and day >= end)):
                    continue
                found = True
                if mapped is not None and (number is None or mapped > number):
                    number = mapped
        return found, number

    def has(self, system: str, code: str | None, day: date | None) -> bool:
        return self.value(system, code, day)[0]


@dataclass
class Period:
    id: str
    role: str
    year: int | None
    first: date
    last: date


class Rules:
    """A program's values, with the assumptions filled in."""

    def __init__(
        self, programs: Path, program: str, assumptions: str | None = "illustrative", settings: dict[str, Any] | None = None
    ) -> None:
        self.id, self.folder, self.common = program, programs / program, programs / "common"
        versions = sorted(p for p in self.folder.glob("*.yaml") if not p.name.startswith("quality"))
        self.tree = read_yaml(versions[-1])
        self.filled: dict[str, Any] = {}
        if assumptions:
            for path, entry in read_yaml(self.folder / "assumptions" / f"{assumptions}.yaml")["values"].items():
                self.filled[path] = entry["value_set"] if "value_set" in entry else entry["value"]
        self.filled.update(settings or {})
        self._sets: dict[str, CodeSet] = {}
        self._values: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """The value at a dotted path; list items are addressed by their id."""
        if path not in self._values:
            self._values[path] = self._find(path)
        return self._values[path]

    def _find(self, path: str) -> Any:
        if path in self.filled:
            return self.filled[path]
        node = self.tree
        for part in path.split("."):
            if isinstance(node, dict):
                node = node.get(part)
            elif isinstance(node, list):
                node = next((item for item in node if isinstance(item, dict) and item.get("id") == part), None)
            else:
                return None
        if isinstance(node, dict):
            if "unknown" in node:
                return None
            if "read_as" in node:
                return node["read_as"]
            if "value" in node:
                return node["value"]
        return node

    def ids(self, path: str) -> list[str]:
        return [item["id"] for item in self.get(path) or []]

    def codes(self, path: str) -> CodeSet:
        """The code set a path names: the path holds `{value_set: NAME}`."""
        name = self.get(f"{path}.value_set")
        return self.named(name) if isinstance(name, str) else CodeSet()

    def named(self, name: str) -> CodeSet:
        if name not in self._sets:
            self._sets[name] = self._read_set(name)
        return self._sets[name]

    def _read_set(self, name: str) -> CodeSet:
        for folder in (self.folder / "value_sets", self.folder / "assumptions" / "value_sets", self.common / "value_sets"):
            path = folder / f"{name}.csv"
            if path.exists():
                break
        else:
            raise FileNotFoundError(f"value set {name}")
        codes = CodeSet()
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                span = (as_date(row["effective_from"]), as_date(row["effective_to"]), int(row["value"]) if row.get("value") else None)
                codes.spans.setdefault((row["code_system"], row["code"]), []).append(span)
        return codes

    def periods(self) -> list[Period]:
        found = []
        for item in self.tree["periods"]:
            first, last = as_date(self.get(f"periods.{item['id']}.first_day")), as_date(self.get(f"periods.{item['id']}.last_day"))
            if first and last:
                found.append(Period(item["id"], item["role"], item.get("program_year"), first, last))
        return found

    def period(self, name: str) -> Period:
        return next(p for p in self.periods() if p.id == name)

    def period_of(self, day: date) -> str:
        return next((p.id for p in self.periods() if p.first <= day <= p.last), "outside_periods")
