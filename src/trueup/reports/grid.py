"""The shape of everything a report shows: grids (tables), charts, sections, pages.

One `Grid` feeds the HTML table, the CSV beside it and the sheet of the workbook, so that the three can only hold the same numbers.
Money stays integer cents until the moment it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup.money import format_cents
from trueup.reports import words


@dataclass(frozen=True)
class Stated:
    """An amount as a step table states it: text with its unit.

    Units: `dollars`, `rate`, `share` (of one, shown in percent), `number` (shown with two decimals), `count`, `text`, `date`.
    """

    amount: str
    unit: str


@dataclass(frozen=True)
class Link:
    """A cell that leads to another page."""

    text: str
    href: str


_WIDE = 9  # so many columns fit a page beside each other

Cell = str | int | Decimal | date | Stated | Link | None
Rows = list[Sequence[Cell]]


@dataclass(frozen=True)
class Column:
    """One column. `kind`: text, money (cents), count, rate, percent, date, month, or stated (each cell has its own unit)."""

    key: str
    label: str
    kind: str = "text"
    total: bool = False  # whether the foot of the table shows the sum
    on_page: bool = True  # files carry every column; a page may leave out what the cell already says

    @property
    def numeric(self) -> bool:
        return self.kind in {"money", "count", "rate", "percent", "stated"}

    @property
    def one_line(self) -> bool:
        """Whether a cell reads badly when it breaks."""
        return self.kind in {"date", "month"}


@dataclass(frozen=True)
class Grid:
    """A table to show. `name` is the stem of its CSV and the name of its sheet; `totals` are shown sums, by column key."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    empty: str = "Nothing to show."
    on_page: bool = True  # files carry every grid; a page may leave out a long one

    @property
    def is_wide(self) -> bool:
        """Whether the page shows so many columns that text would be squeezed: then it scrolls in its own region."""
        return sum(column.on_page for column in self.columns) > _WIDE

    def totals(self) -> list[Cell] | None:
        """The foot: the sum of each column that asks for one; None if no column does or there are no rows."""
        if not self.rows or not any(column.total for column in self.columns):
            return None
        foot: list[Cell] = ["Total"]
        for index, column in enumerate(self.columns[1:], start=1):
            foot.append(self._sum(index) if column.total else None)
        return foot

    def _sum(self, index: int) -> int | Decimal:
        values = [row[index] for row in self.rows]
        numbers = [value for value in values if isinstance(value, int | Decimal)]
        return sum(numbers) if all(isinstance(number, int) for number in numbers) else sum(numbers, Decimal(0))


@dataclass(frozen=True)
class Chart:
    """An inline SVG. `finding` is its title, `summary` says in words what it shows."""

    finding: str
    summary: str
    svg: str


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, charts, grids and subsections, in that order."""

    anchor: str
    heading: str
    paragraphs: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    grids: Sequence[Grid] = ()
    parts: Sequence[Section] = ()

    def all_grids(self) -> list[Grid]:
        found = list(self.grids)
        for part in self.parts:
            found.extend(part.all_grids())
        return found


@dataclass(frozen=True)
class Answer:
    """What a reader came for: one sentence and a few facts (label, text)."""

    sentence: str
    facts: Sequence[tuple[str, str | Link]] = ()


@dataclass(frozen=True)
class Page:
    """One page: the answer first, then sections."""

    title: str
    heading: str
    subtitle: str
    answers: Sequence[Answer]
    sections: Sequence[Section]
    back: Link | None = None
    about: Sequence[tuple[str, str]] = ()  # version facts, repeated on every sheet
    downloads: list[Link] = field(default_factory=list[Link])

    def all_grids(self) -> list[Grid]:
        return [grid for section in self.sections for grid in section.all_grids()]


def shown(value: Cell, kind: str) -> str:
    """A cell as people read it."""
    match value:
        case None:
            return ""
        case Link(text=text):
            return text
        case Stated(amount=amount, unit=unit):
            return words.stated(amount, unit)
        case str() if kind == "month":
            return words.month(value)
        case str():  # also in a column of numbers: `not known`
            return value
        case date():
            return words.day(value)
        case _ if kind == "money":
            return words.money(int(str(value)))
        case _ if kind == "count":
            return f"{int(str(value)):,}"
        case _ if kind == "percent":
            return f"{value}%"
        case Decimal():
            return words.plain_decimal(value)
        case _:
            return str(value)


def plain(value: Cell, kind: str) -> str:
    """A cell as data: no signs, no separators, ISO dates."""
    match value:
        case None:
            return ""
        case Link(text=text) | Stated(amount=text):
            return text
        case date():
            return value.isoformat()
        case int() if kind == "money":
            return format_cents(value)
        case _:
            return str(value)


_RUNNABLE = re.compile(r"^[=+\-@\t\r]")


def safe(value: Cell, kind: str) -> str:
    """A cell as a CSV file holds it: `plain`, and text that a spreadsheet would run is made inert. Numbers keep their sign."""
    is_text = isinstance(value, str | Link) or (isinstance(value, Stated) and value.unit == "text")
    return inert(plain(value, kind)) if is_text else plain(value, kind)


def inert(text: str) -> str:
    """Text with a leading apostrophe where a spreadsheet would read it as a formula."""
    return f"'{text}" if _RUNNABLE.match(text) else text
