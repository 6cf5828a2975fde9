"""Writes one page with everything that belongs to it: HTML, a workbook, and a CSV for each table."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

from trueup.reports.files import write_csv, write_workbook
from trueup.reports.grid import Link, Page
from trueup.reports.pages import render


def file_name(identifier: str) -> str:
    """A safe file name of an id: unchanged if it is plain, else with a short hash so that two ids never share one."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", identifier)
    if safe == identifier and safe:
        return safe
    return f"{safe.strip('_')[:40]}_{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def write_page(page: Page, path: Path, book: str, as_of: date, *, csv_folder: str | None = None) -> list[Path]:
    """Write a page, its workbook and its CSV files, and return their paths, the page first; the page links to files beside it.

    `as_of` is the date that the workbook carries, so that the same tables give the same bytes. `csv_folder` stands beside the page.
    """
    folder = path.parent / (csv_folder or f"{path.stem}_csv")
    folder.mkdir(parents=True, exist_ok=True)
    csv_of: dict[str, str] = {}
    for grid in page.all_grids():
        if grid.rows:
            write_csv(grid, folder / f"{grid.name}.csv")
            csv_of[grid.name] = f"{folder.name}/{grid.name}.csv"
    write_workbook(page, path.parent / book, as_of)
    page.downloads.append(Link("Download all tables as an Excel workbook", book))
    for grid in page.all_grids():
        if grid.name in csv_of and not grid.on_page:
            page.downloads.append(Link(f"{grid.caption.rstrip('.')} (CSV)", csv_of[grid.name]))
    path.write_text(render(page, csv_of), encoding="utf-8", newline="")
    return [path, path.parent / book, *sorted(path.parent / href for href in csv_of.values())]
