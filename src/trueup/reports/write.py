"""Writes every report of a set of runs: statements, workbooks, CSV files, state summaries and the index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from trueup.reports import sections, words
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section
from trueup.reports.page_files import file_name, write_page
from trueup.reports.pages import render
from trueup.reports.practice import Practice, practices
from trueup.reports.source import RunData
from trueup.reports.state import missing, result_row, state_summary
from trueup.reports.statement import statement

Progress = Callable[[str, int, int], None]


def write_reports(
    run_dirs: list[Path],
    price_dirs: Mapping[str, Path],
    out_dir: Path,
    *,
    progress: Progress | None = None,
    names: Mapping[str, str] | None = None,
    cohort_detail: bool = False,
) -> Path:
    """Write the reports of finished runs and return the path of their index page.

    Args:
        run_dirs: run folders, one program each.
        price_dirs: the price set folder of each program that has one, by program id.
        out_dir: where to write; what an earlier call wrote there for these programs is replaced.
        progress: called as `progress(what, done, of)` after each page.
        names: names of entities by id, where they are known.
        cohort_detail: show groups of episodes apart whatever their size; only for readers who may see them.

    Raises:
        UsageError: a folder is not a finished run.
        CheckFailed: a figure does not tie to its table; nothing should be sent.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    runs = [RunData.open(folder, None, names) for folder in run_dirs]
    runs = [RunData.open(run.folder, price_dirs.get(run.program), names) for run in runs]
    found = [(run, practices(run, cohort_detail=cohort_detail)) for run in runs]
    total, done = sum(len(mine) + 1 for _, mine in found) + 1, 0

    def tick(what: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(what, done, total)

    for run, mine in found:
        folder = out_dir / file_name(run.program)
        if folder.exists():
            shutil.rmtree(folder)
        hrefs = {practice.entity_id: f"practices/{file_name(practice.entity_id)}/statement.html" for practice in mine}
        for practice in mine:
            target = folder / hrefs[practice.entity_id]
            book = f"statement_{file_name(run.program)}_{file_name(practice.entity_id)}.xlsx"
            write_page(statement(practice), target, book, run.as_of, csv_folder="csv")
            tick(f"{run.program}: {practice.entity_id}")
        write_page(state_summary(run, mine, hrefs), folder / "state.html", f"state_{file_name(run.program)}.xlsx", run.as_of)
        tick(f"{run.program}: state summary")
    index = out_dir / "index.html"
    index.write_text(render(_index(found), {}), encoding="utf-8", newline="")
    tick("index")
    return index


# --- the index --------------------------------------------------------------------------------------------------------------------


def _index(found: list[tuple[RunData, list[Practice]]]) -> Page:
    return Page(
        title="Reports of this run",
        heading="Reports of this run",
        subtitle="trueup",
        answers=[_program_answer(run, mine) for run, mine in found],
        sections=[section for run, mine in found for section in _program_sections(run, mine)],
    )


def _program_answer(run: RunData, mine: list[Practice]) -> Answer:
    facts: list[tuple[str, str | Link]] = [
        ("State summary", Link("Results, exclusions, and where every claim line went", f"{file_name(run.program)}/state.html")),
        ("Statements", words.plural(len(mine), "practice")),
        ("Data through", words.day(run.as_of)),
        ("Rules", f"version {run.manifest.get('rule_version')}, run {run.manifest.get('run_id')}"),
    ]
    if run.illustrative:
        facts.append(
            ("Note", f"{words.plural(len(run.listed('assumed')), 'rule value')} assumed, not the state's. Results are illustrations.")
        )
    if missing(run):
        facts.append(("Not complete", "Something is missing for a settlement; the state summary says what."))
    return Answer(run.title, facts)


def _program_sections(run: RunData, mine: list[Practice]) -> list[Section]:
    base = file_name(run.program)
    columns = (
        Column("practice", "Practice"),
        Column("period", "Period"),
        Column("counted", "Episodes that count", "count"),
        Column("result", "Result", "money"),
        Column("status", "Status"),
    )
    rows: Rows = []
    for practice in mine:
        for period in practice.periods:
            amount, status = result_row(period)
            href = f"{base}/practices/{file_name(practice.entity_id)}/statement.html"
            rows.append([Link(practice.name, href), sections.period_name(period.period), len(period.counted), amount, status])
    grid = Grid(f"index_{base}", f"Pages of {run.title}", columns, rows)
    return [Section(f"program-{sections.slug(run.program)}", run.title, [], [], [grid])]
