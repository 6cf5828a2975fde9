"""What `explain` gives: headed parts of text and tables, as terminal text or as JSON. Each sum it states was checked."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trueup.reports.figures import must_equal
from trueup.reports.grid import Grid, Stated, plain, shown

_ONE_LINE = {"money", "count", "rate", "date", "month"}


@dataclass(frozen=True)
class Sum:
    """`parts` add up to `total`: in cents, or a count where `kind` is count."""

    label: str
    parts: int
    total: int
    kind: str = "money"

    def in_words(self) -> str:
        return f"{self.label}: {shown(self.total, self.kind)}. Checked: it adds up exactly."


@dataclass(frozen=True)
class Part:
    """One step of an explanation."""

    heading: str
    text: Sequence[str] = ()
    grid: Grid | None = None
    sums: Sequence[Sum] = ()


@dataclass(frozen=True)
class Explanation:
    """Why a thing is what it is. `kind`: episode, entity or amount."""

    kind: str
    target: str
    title: str
    parts: Sequence[Part]

    def to_dict(self) -> dict[str, Any]:
        """Plain data: dollars and rates as text, dates in ISO form."""
        return {"kind": self.kind, "target": self.target, "title": self.title, "parts": [_part(part) for part in self.parts]}

    def to_text(self, width: int = 120) -> str:
        """Text for a terminal, without color."""
        out = io.StringIO()
        console = Console(file=out, width=width, no_color=True, highlight=False, markup=False, emoji=False)
        console.print(Text(self.title))
        for number, part in enumerate(self.parts, 1):
            console.print()
            console.print(Text(f"{number}. {part.heading}"))
            for line in part.text:
                console.print(Text(f"   {line}"))
            if part.grid and part.grid.rows:
                console.print(_table(part.grid))
            for item in part.sums:
                console.print(Text(f"   = {item.in_words()}"))
        return out.getvalue()


def closed(what: str, parts: int, stored: int | None, source: str, *, kind: str = "money") -> Sum:
    """A sum that must close. Raises CheckFailed (TRU-C042) if the parts do not add up to the stored figure."""
    must_equal(what, parts, stored, source, code="TRU-C042")
    return Sum(what, parts, parts if stored is None else stored, kind)


def _part(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {"heading": part.heading, "text": list(part.text)}
    if part.grid:
        found["table"] = {
            "columns": [column.key for column in part.grid.columns],
            "rows": [[_cell(value, column.kind) for value, column in zip(row, part.grid.columns, strict=True)] for row in part.grid.rows],
        }
    if part.sums:
        found["adds_up"] = [{"label": s.label, "parts": plain(s.parts, s.kind), "total": plain(s.total, s.kind)} for s in part.sums]
    return found


def _cell(value: Any, kind: str) -> Any:
    if value is None or (isinstance(value, int) and kind == "count"):
        return value
    return {"amount": value.amount, "unit": value.unit} if isinstance(value, Stated) else plain(value, kind)


def _table(grid: Grid) -> Table:
    table = Table(show_edge=False, pad_edge=False, box=None, padding=(0, 2, 0, 0))
    columns = [(index, column) for index, column in enumerate(grid.columns) if column.on_page]
    for _, column in columns:
        table.add_column(column.label, justify="right" if column.numeric else "left", overflow="fold", no_wrap=column.kind in _ONE_LINE)
    for row in grid.rows:
        table.add_row(*[Text(shown(row[index], column.kind)) for index, column in columns])
    return table
