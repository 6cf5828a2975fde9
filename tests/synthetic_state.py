"""A generated state as tests read it: its tables as text, on demand."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from trueup import runs
from trueup.claims.intake import load_files
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

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


def truth_and_runs(folder: Path, loaded: dict[str, Program]) -> tuple[Path, dict[str, Path]]:
    """The ground truth of 2,000 members, and each program's run at the maturity of its last performance period."""
    made = generate(list(loaded.values()), folder / "claims", members=2_000, seed=1, file_format="parquet")
    ws = Workspace.create(folder / "workspace", "ground-truth")
    load_files(ws, [path for path in made.files.values() if path.parent == folder / "claims"])
    ran: dict[str, Path] = {}
    for name, program in loaded.items():
        last = runs.performance_periods(program)[-1]
        ran[name] = runs.run(ws, program, runs.maturity_date(program, last.id)).folder
    return folder / "claims" / "ground_truth", ran


def day_of(text: str) -> date:
    """A date of a table."""
    return date.fromisoformat(text)


def digests(folder: Path) -> dict[str, str]:
    """The hash of every file of a state, by its path."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}
