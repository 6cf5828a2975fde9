# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The review sheet as a workbook, with a list to choose decisions from. Codes and days are text, so that nothing in them changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from trueup.definition.sheet import COLUMNS, EDITED, NUMBERS, SETTING_COLUMNS, TIE_COLUMNS, Row, Sheet

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_MONEY = frozenset({"spend", "counted_spend", "coded_spend", "uncoded_spend", "listed_spend"})
_SHARES = frozenset({"member_share", "spend_share"})
_COUNTS = frozenset({*NUMBERS, "codes", "coded_lines", "uncoded_lines", "listed_lines"}) - _MONEY - _SHARES
_WIDTHS = {"reason": 58, "reviewer_note": 40, "settings": 32, "decision": 12}
_NOTES = {
    "lines": "lines that carry the code",
    "member_share": "members with the code, of members with an episode",
    "pregnancy_lines": "of the lines, those of claims with a pregnancy diagnosis; the others are of the SUD set",
    "spend": "dollars of the lines that carry the code",
    "spend_share": "counted spend, of the spend of all listed lines",
    "counted_lines": "each line once in its code system: an ICD procedure only where its claim lists it before the other listed ones",
    "counted_spend": "dollars of the counted lines",
    "settings": "lines by setting",
    "decision": "keep, drop, or add for a row of your own",
    "reviewer_note": "due where you decide against the proposal, and for each row you add",
}


def write_workbook(sheet: Sheet, path: Path) -> None:
    """Write the workbook: what it is and how to fill it in, the codes, each code by setting, and how the lines tie.

    Carries the study's `as_of` as its creation date, so that the same study gives the same bytes.
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    created = datetime.combine(sheet.heading.as_of, time.min)
    book.set_properties({"title": f"Code review, {sheet.heading.title}", "author": "trueup", "created": created})
    formats = {
        "money": book.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "share": book.add_format({"num_format": "0.000000", "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        "edit": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "bg_color": "#FFF6D6"}),
        "head": book.add_format({"bold": True, "valign": "top"}),
        "plain": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    _about(book.add_worksheet("About"), sheet, formats)
    review = book.add_worksheet("Review")
    _table(review, "review", COLUMNS, sheet.rows, formats)
    decision = COLUMNS.index("decision")
    choice = {"validate": "list", "source": ["keep", "drop", "add"], "error_title": "Decision", "error_message": "keep, drop or add"}
    review.data_validation(1, decision, len(sheet.rows) + 500, decision, choice)
    review.freeze_panes(1, 2)
    _table(book.add_worksheet("By setting"), "by_setting", SETTING_COLUMNS, sheet.setting_rows, formats)
    if sheet.tie_rows:
        _table(book.add_worksheet("Ties"), "ties", TIE_COLUMNS, sheet.tie_rows, formats)
    for each in book.worksheets():
        each.set_landscape()
        each.fit_to_pages(1, 0)
    book.close()


def about_lines(sheet: Sheet) -> list[tuple[str, str]]:
    """What the sheet is, as labels and texts."""
    h, s = sheet.heading, sheet.study
    anchor = "births that a delivery DRG shows" if h.settings.anchor == "drg" else "all births of the period"
    shown = s.members >= 11 or not sheet.is_published
    lines = [
        ("Program", f"{h.title} ({h.program}, rule version {h.rule_version})"),
        ("Assumptions", h.assumptions_name or "none"),
        ("Period", f"{h.settings.period}, {h.days[0]} to {h.days[1]}"),
        ("Claims known by", str(h.as_of)),
        ("Episodes", f"{s.anchored_episodes:,} of {s.members:,} members: {anchor}" if shown else anchor),
        ("Codes", f"{len(sheet.rows):,}, each billed on a claim with a pregnancy diagnosis inside an episode, or of the SUD set"),
        ("Spend", f"{h.settings.basis} dollars"),
        ("SUD set", ", ".join(h.sud_sets) or "none was named: no code is marked"),
        ("Drop rule", sheet.rule.words()),
        ("Prepared by", h.prepared_by),
        ("Sheet", str(sheet.manifest()["sheet_id"])),
    ]
    if sheet.is_published:
        return [*lines, ("Published", "Codes of fewer than 11 members show no figures. This copy cannot be approved.")]
    return [
        *lines,
        ("To review", "On the sheet Review, choose keep or drop in each row, and write a note where you decide against the proposal."),
        ("To add a code", "Below the table: code, code system, decision add, and a note that says why."),
        ("To approve", "Save the sheet Review as CSV (UTF-8) beside manifest.json. Another person than the preparer approves it."),
    ]


def _about(page: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 110)
    lines = [*about_lines(sheet), *((f"Column {name}", text) for name, text in _NOTES.items())]
    for row, (label, text) in enumerate(lines):
        page.write_string(row, 0, label, formats["head"])
        page.write_string(row, 1, text, formats["plain"])


def _table(page: Worksheet, name: str, columns: Sequence[str], rows: Sequence[Row], formats: dict[str, Format]) -> None:
    head = [{"header": c, "header_format": formats["head"]} for c in columns]
    page.add_table(0, 0, max(len(rows), 1), len(columns) - 1, {"name": name, "columns": head, "style": "Table Style Light 1"})
    for index, column in enumerate(columns):
        longest = max([len(column) + 4, *(len(row[column]) + len(row[column]) // 3 + 2 for row in rows)])
        page.set_column(index, index, _WIDTHS.get(column, min(longest, 30)))
        for number, row in enumerate(rows, start=1):
            _write(page, number, index, column, row[column], formats)
    page.freeze_panes(1, 2)


def _write(page: Worksheet, row: int, index: int, column: str, text: str, formats: dict[str, Format]) -> None:
    """Figures as numbers that show all their digits; everything else as text. A hidden figure is text too."""
    kind = "money" if column in _MONEY else "share" if column in _SHARES else "count" if column in _COUNTS else ""
    if column in EDITED:
        page.write_blank(row, index, None, formats["edit"])
    elif kind and text and not text.startswith("<"):
        page.write_number(row, index, float(text), formats[kind])
    else:
        page.write_string(row, index, text, formats["text"])
