"""Writes every report of a set of runs: the pages of each program by its kind, prices, case rates, and the index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trueup.reports.case_rate_data import PostedRow
from trueup.reports.case_rate_write import write_case_rate_pages
from trueup.reports.frame import ProgramReport
from trueup.reports.grid import Link
from trueup.reports.index_page import index_page
from trueup.reports.page_files import file_name, write_page
from trueup.reports.pages import render
from trueup.reports.price_data import PriceData
from trueup.reports.price_write import has_sheets, write_price_sheets
from trueup.reports.programs import report_of
from trueup.reports.source import RunData

Progress = Callable[[str, int, int], None]


def write_reports(
    run_dirs: list[Path],
    price_dirs: Mapping[str, Path],
    out_dir: Path,
    *,
    progress: Progress | None = None,
    names: Mapping[str, str] | None = None,
    cohort_detail: bool = False,
    posted: Mapping[str, Sequence[PostedRow]] | None = None,
) -> Path:
    """Write the reports of finished runs and return the path of their index page.

    Args:
        run_dirs: run folders, one program each.
        price_dirs: the price set folder of each program that has one, by program id.
        out_dir: where to write; what an earlier call wrote there for these programs is replaced.
        progress: called as `progress(what, done, of)` after each page.
        names: names of entities by id, where they are known.
        cohort_detail: show small groups apart; only for readers who may see who is in them.
        posted: what a ledger booked of monthly payments, by program; a program that is absent has no ledger.

    Raises:
        UsageError: a folder is not a finished run.
        CheckFailed: a figure does not tie to its table; nothing should be sent.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    runs = [RunData.open(folder, None, names) for folder in run_dirs]
    runs = [RunData.open(run.folder, price_dirs.get(run.program), names) for run in runs]
    found = [report_of(run, detail=cohort_detail) for run in runs]
    total, done = sum(len(report.sheets) + 1 for report in found) + 1, 0

    def tick(what: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(what, done, total)

    more: dict[str, list[Link]] = {}
    for report in found:
        run = report.run
        _write_sheets(report, out_dir / file_name(run.program), tick)
        more[run.program] = _prospective(run, out_dir, (posted or {}).get(run.program), cohort_detail)
        tick(f"{run.program}: prices and case rates")
    index = out_dir / "index.html"
    index.write_text(render(index_page(found, more), {}), encoding="utf-8", newline="")
    tick("index")
    return index


def _write_sheets(report: ProgramReport, folder: Path, tick: Callable[[str], None]) -> None:
    """The pages of one program, in a folder made anew."""
    run = report.run
    if folder.exists():
        shutil.rmtree(folder)
    for sheet in report.sheets:
        write_page(sheet.make(), folder / sheet.href, sheet.book, run.as_of, csv_folder="csv" if sheet.entity_id else None)
        tick(f"{run.program}: {sheet.entity_id or sheet.label}")


def _prospective(run: RunData, out_dir: Path, posted: Sequence[PostedRow] | None, detail: bool) -> list[Link]:
    """Price sheets and case-rate pages, where the program has them; links to their first pages."""
    links: list[Link] = []
    if run.price_folder is not None and "program" in run.price_terms and has_sheets(PriceData.open(run.price_folder, run.names, run.title)):
        pages = write_price_sheets(out_dir / "prices", run.price_folder, run.names, title=run.title, cohort_detail=detail)
        links.append(Link("Prices", pages[0].relative_to(out_dir).as_posix()))
    rates = write_case_rate_pages(out_dir, run.folder, run.names, posted, price_folder=run.price_folder)
    if rates:
        links.append(Link("Case rates", rates[0].relative_to(out_dir).as_posix()))
    return links
