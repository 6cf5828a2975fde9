"""A generated state as tests read it: its tables as text, on demand."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    names = path.open(encoding="utf-8").readline().strip().split(",")
    options = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return pa_csv.read_csv(path, convert_options=options).to_pylist()


class State:
    """A generated state, its tables read on demand as text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables: dict[str, Rows] = {}

    def __getitem__(self, name: str) -> Rows:
        if name not in self._tables:
            found = next(p for p in (self.folder / f"{name}.csv", self.folder / "ground_truth" / f"{name}.csv") if p.exists())
            self._tables[name] = read(found)
        return self._tables[name]


def day_of(text: str) -> date:
    """A date of a table."""
    return date.fromisoformat(text)


def digests(folder: Path) -> dict[str, str]:
    """The hash of every file of a state, by its path."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}
