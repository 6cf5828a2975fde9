# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""CSV and XLSX of the grids of a page: same numbers, same order. Nothing in them runs: no formula comes from a text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from trueup.reports.grid import Cell, Column, Grid, Link, Page, Rows, Stated, safe, shown

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS = {"money": "#,##0.00", "count": "#,##0", "date": "yyyy-mm-dd", "percent": "0.0", "rate": "0.00####", "share": "0.0#%"}
_TOP = 2  # rows above the table: what the sheet is, and its versions
_NUMBERS = {"dollars": "money", "count": "count", "rate": "rate", "share": "share", "number": "rate"}


def write_csv(grid: Grid, path: Path) -> None:
    """Rows of a grid without totals: header of column keys, dollars with two decimals, ISO dates, LF line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in grid.columns])
    for row in grid.rows:
        writer.writerow([safe(value, column.kind) for value, column in zip(row, grid.columns, strict=True)])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def write_workbook(page: Page, path: Path, as_of: date) -> None:
    """One workbook of a page: one sheet per grid with rows, each a table object under a line that says what it is.

    Carries `as_of` as its creation date, so that the same run gives the same bytes.
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"title": page.title, "subject": page.subtitle, "author": "trueup", "created": _midnight(as_of)})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    formats["text"] = book.add_format({"text_wrap": True, "valign": "top"})
    formats["head"] = book.add_format({"bold": True})
    taken: set[str] = set()
    for grid in [_answers(page), *page.all_grids()]:
        if grid.rows:
            _sheet(book.add_worksheet(_sheet_name(grid.name, taken)), grid, page, formats)
    book.close()


def _answers(page: Page) -> Grid:
    """The answers of a page as the first sheet."""
    rows: Rows = []
    for answer in page.answers:
        rows.append(["Result", answer.sentence])
        rows += [[label, text] for label, text in answer.facts]
    return Grid("answer", page.heading, (Column("what", "What"), Column("answer", "Answer")), rows)


def _sheet_name(name: str, taken: set[str]) -> str:
    """At most 31 characters and unlike the others, without case."""
    base, number = name[:31], 1
    found = base
    while found.lower() in taken:
        number += 1
        found = f"{base[: 30 - len(str(number))]}_{number}"
    taken.add(found.lower())
    return found


def _sheet(sheet: Worksheet, grid: Grid, page: Page, formats: dict[str, Format]) -> None:
    sheet.write_string(0, 0, f"{grid.caption}. {page.title}.", formats["head"])
    sheet.write_string(1, 0, "; ".join(f"{label}: {value}" for label, value in page.about) or page.subtitle)
    totals = grid.totals()
    last = _TOP + len(grid.rows) + (1 if totals else 0)
    columns = [_table_column(column, index, totals) for index, column in enumerate(grid.columns)]
    sheet.add_table(
        _TOP,
        0,
        last,
        len(grid.columns) - 1,
        {
            "name": f"t_{sheet.get_name()}",
            "columns": columns,
            "total_row": bool(totals),
            "style": "Table Style Light 1",
            "autofilter": True,
        },
    )
    for row, values in enumerate(grid.rows, start=_TOP + 1):
        for index, (value, column) in enumerate(zip(values, grid.columns, strict=True)):
            _write(sheet, row, index, value, column.kind, formats)
    for index, column in enumerate(grid.columns):
        texts = [shown(values[index], column.kind) for values in grid.rows]
        longest = max(len(text) for text in [column.label + "  ", *texts])
        sheet.set_column(index, index, min(max(longest + 2, 9), 60))
    sheet.freeze_panes(_TOP + 1, 1)


def _table_column(column: Column, index: int, totals: list[Cell] | None) -> dict[str, object]:
    found: dict[str, object] = {"header": column.label}
    if totals and index == 0:
        found["total_string"] = "Total"
    elif totals and column.total:
        value = totals[index]
        found |= {"total_function": "sum", "total_value": _number(value, column.kind) if isinstance(value, int | Decimal) else 0}
    return found


def _number(value: int | Decimal, kind: str) -> float:
    """A spreadsheet knows binary numbers only: the nearest one, which shows and sums to the cent."""
    return float(Decimal(value) / 100) if kind == "money" else float(value)


def _midnight(day: date) -> datetime:
    """A workbook knows only points in time, without a zone."""
    return datetime.combine(day, time.min)


def _write(sheet: Worksheet, row: int, index: int, value: Cell, kind: str, formats: dict[str, Format]) -> None:
    match value:
        case None:
            return
        case Stated(amount=amount, unit="date"):
            sheet.write_datetime(row, index, _midnight(date.fromisoformat(amount)), formats["date"])
        case Stated(amount=amount, unit=unit) if unit in _NUMBERS:
            sheet.write_number(row, index, float(amount), formats[_NUMBERS[unit]])
        case Stated(amount=text) | Link(text=text) | str(text):
            sheet.write_string(row, index, text, formats["text"])
        case date():
            sheet.write_datetime(row, index, _midnight(value), formats["date"])
        case _:
            sheet.write_number(row, index, _number(value, kind), formats.get(kind, formats["rate"]))
