# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Workbooks of the remittance detail as bytes: the same input gives the same bytes, and nothing in them runs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS = {"money": "#,##0.00;[Red]-#,##0.00", "count": "#,##0", "date": "yyyy-mm-dd"}


@dataclass(frozen=True)
class Sheet:
    """One sheet: sentences, then a table, with a row of totals if any are given (by column index).

    Columns are (label, text | date | count | money).
    """

    name: str
    about: Sequence[str]
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str | int | date | None]]
    totals: Mapping[int, int]


def workbook(sheets: Sequence[Sheet], created: date, title: str) -> bytes:
    """The workbook; money comes as cents and is shown as dollars."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties({"title": title, "author": "trueup", "created": datetime.combine(created, time.min)})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    formats["text"] = book.add_format({"text_wrap": True, "valign": "top"})
    formats["head"] = book.add_format({"bold": True})
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return out.getvalue()


def _write(page: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    for number, sentence in enumerate(sheet.about):
        page.write_string(number, 0, sentence, formats["head"] if number == 0 else None)
    top = len(sheet.about) + 1
    last = top + max(len(sheet.rows), 1) + (1 if sheet.totals else 0)
    columns = [_column(label, index, sheet, formats) for index, (label, _) in enumerate(sheet.columns)]
    options = {
        "name": f"t_{sheet.name}",
        "columns": columns,
        "total_row": bool(sheet.totals),
        "style": "Table Style Light 1",
        "autofilter": True,
    }
    page.add_table(top, 0, last, len(sheet.columns) - 1, options)
    for number, row in enumerate(sheet.rows, start=top + 1):
        for index, (value, (_, kind)) in enumerate(zip(row, sheet.columns, strict=True)):
            _cell(page, number, index, value, kind, formats)
    for index, (label, kind) in enumerate(sheet.columns):
        longest = max([len(label) + 2, *(_length(row[index], kind) for row in sheet.rows)])
        page.set_column(index, index, min(max(longest + 2, 9), 46))
    page.freeze_panes(top + 1, 0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)


def _column(label: str, index: int, sheet: Sheet, formats: dict[str, Format]) -> dict[str, object]:
    if index in sheet.totals:
        kind = sheet.columns[index][1]
        return {"header": label, "total_function": "sum", "total_value": _number(sheet.totals[index], kind), "format": formats[kind]}
    return {"header": label, "total_string": "Total"} if index == 0 else {"header": label}


def _cell(page: Worksheet, row: int, index: int, value: str | int | date | None, kind: str, formats: dict[str, Format]) -> None:
    match value:
        case None | "":
            return
        case date():
            page.write_datetime(row, index, datetime.combine(value, time.min), formats["date"])
        case int():
            page.write_number(row, index, _number(value, kind), formats[kind])
        case str():
            page.write_string(row, index, value, formats["text"])


def _number(value: int, kind: str) -> float:
    """A spreadsheet knows binary numbers only: the nearest one, which shows and sums to the cent."""
    return float(Decimal(value) / 100) if kind == "money" else float(value)


def _length(value: str | int | date | None, kind: str) -> int:
    return (
        len(f"{int(value) / 100:,.2f}")
        if isinstance(value, int) and kind == "money"
        else 10
        if isinstance(value, date)
        else len(str(value or ""))
    )
