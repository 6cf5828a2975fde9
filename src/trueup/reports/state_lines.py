"""Where every claim line went: rows and dollars by place and reason, quarantine, findings."""

from __future__ import annotations

from collections import defaultdict

from trueup.reports import words
from trueup.reports.figures import must_equal
from trueup.reports.grid import Column, Grid, Rows, Section
from trueup.reports.source import RunData


def conservation(run: RunData) -> Section:
    rows = run.rows("line_accounting")
    tables: dict[str, dict[str, list[int]]] = defaultdict(lambda: {d: [0, 0] for d in words.DISPOSITIONS})
    reasons: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        spot = tables[row["table_name"]][row["disposition"]]
        cause = reasons[row["table_name"], row["disposition"], row["reason"] or ""]
        for sums in (spot, cause):
            sums[0] += row["rows"] or 0
            sums[1] += row["amount_cents"] or 0
    for table, places in tables.items():
        _check_read(run, table, sum(place[0] for place in places.values()))
    why_columns = (
        Column("table", "Table"),
        Column("place", "Place"),
        Column("reason", "Reason"),
        Column("rows", "Rows", "count", total=True),
        Column("dollars", "Dollars", "money", total=True),
    )
    why: Rows = [
        [words.humanize(table), words.DISPOSITIONS[place], words.reason(code) if code else "No reason needed", n, cents]
        for (table, place, code), (n, cents) in sorted(reasons.items())
    ]
    grids = [
        _places("conservation_rows", "Every row read is used, left out, replaced or not trusted", "Rows read", "count", 0, tables),
        _places("conservation_dollars", "The same in dollars", "Dollars read", "money", 1, tables),
        Grid("line_reasons", "Rows and dollars by reason", why_columns, why),
        _quarantine(run),
    ]
    return Section("lines", "Where every claim line went", ["No row is dropped: each has one place and one reason."], [], grids)


def _places(name: str, caption: str, read: str, kind: str, index: int, tables: dict[str, dict[str, list[int]]]) -> Grid:
    """Rows (index 0) or cents (index 1) of each table by place; what was read is the sum of the four places."""
    labels = [Column(place, label, kind, total=True) for place, label in words.DISPOSITIONS.items()]
    columns = (Column("table", "Table"), *labels, Column("read", read, kind, total=True))
    rows: Rows = []
    for table, places in sorted(tables.items()):
        amounts = [places[place][index] for place in words.DISPOSITIONS]
        rows.append([words.humanize(table), *amounts, sum(amounts)])
    return Grid(name, caption, columns, rows, note=f"{read}: the sum of the four places before it.")


def _check_read(run: RunData, table: str, rows: int) -> None:
    """Where the manifest states how many rows of a table intake read, they must all have a place."""
    for entry in run.listed("accounting"):
        if entry.get("table_name", entry.get("table")) == table and "rows_read" in entry:
            must_equal(f"rows of {table} with a place", rows, int(entry["rows_read"]), f"{run.program}/line_accounting/{table}")


def _quarantine(run: RunData) -> Grid:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in run.rows("quarantine"):
        spot = sums[row["table_name"], row["reason_code"]]
        spot[0] += 1
        spot[1] += row["amount_cents"] or 0
        spot[2] += row["amount_cents"] is None and bool(row["raw_amount"])
    columns = (
        Column("table", "Table"),
        Column("code", "Reason code"),
        Column("rows", "Rows", "count", total=True),
        Column("dollars", "Dollars", "money", total=True),
        Column("unread", "Amounts that are not numbers", "count", total=True),
    )
    rows: Rows = [[words.humanize(table), code, *counts] for (table, code), counts in sorted(sums.items())]
    return Grid("quarantine_reasons", "Rows that could not be trusted, by reason", columns, rows, empty="Every row could be trusted.")


def warnings(run: RunData) -> Section:
    columns = (Column("code", "Code"), Column("rows", "Rows", "count"), Column("message", "What it means"))
    rows: Rows = [[str(f.get("code")), f.get("rows"), str(f.get("message") or "")] for f in run.listed("findings")]
    grid = Grid("findings", "Findings, counted", columns, rows, empty="No finding.")
    return Section(
        "findings", "Warnings about the claims", ["A finding does not stop a run. It tells what was read with care."], [], [grid]
    )
