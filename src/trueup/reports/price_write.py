"""Writes the price sheets of a price set: one per practice, and the state's page with all of them side by side."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from trueup.reports import words
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.page_files import file_name, write_page
from trueup.reports.price_challenge import state_words
from trueup.reports.price_data import PriceData
from trueup.reports.price_sheet import Sheet, about, base_words, price_sheet, stamp
from trueup.reports.source import Row

WITH_SHEETS = ("case_rate", "target_price", "acceptable_threshold", "commendable_threshold")


def has_sheets(data: PriceData) -> bool:
    """Whether a price set is of prices that practices get a sheet of: tiers and benchmarks of contracts stand on pages of their own."""
    return any(p["price"] in WITH_SHEETS for p in data.prices)


def write_price_sheets(
    folder: Path,
    price_set_folder: Path,
    names: Mapping[str, str] | None = None,
    *,
    title: str = "",
    sources: Sequence[Row] = (),
    cohort_detail: bool = False,
) -> list[Path]:
    """Write a price sheet per practice (HTML, XLSX, CSV) and the state's index page; returns every HTML and XLSX file, the index first.

    Args:
        folder: where to write; what an earlier call wrote there for the same price set is replaced.
        price_set_folder: `prices/<price_set_id>` with its manifest and tables; tables it does not have are left out.
        names: names of entities by id, where they are known.
        title: the program's title, where the manifest does not hold it.
        sources: the program's sources (`id`, `title`, `publisher`, `published`, `trust`), where the manifest does not hold them.
        cohort_detail: show groups of episodes apart whatever their size; only for readers who may see them.

    Raises:
        UsageError: TRU-U063, the folder is not a price set.
        CheckFailed: TRU-C041, a ladder or a base does not add up to a price; nothing should be published.
    """
    data = PriceData.open(price_set_folder, names, title, sources)
    target = folder / f"{file_name(data.program)}_{file_name(str(data.manifest.get('price_set_id') or price_set_folder.name))}"
    if target.exists():
        shutil.rmtree(target)
    sheets = [Sheet(data, entity, cohort_detail) for entity in data.entities]
    hrefs = {sheet.entity_id: f"practices/{file_name(sheet.entity_id)}/price_sheet.html" for sheet in sheets}
    pages = [(sheet, price_sheet(sheet)) for sheet in sheets]
    found: list[Path] = []
    for sheet, page in pages:
        book = f"price_sheet_{file_name(data.program)}_{file_name(sheet.entity_id)}.xlsx"
        found += write_page(page, target / hrefs[sheet.entity_id], book, data.base_as_of, csv_folder="csv")
    index = target / "index.html"
    first = write_page(_index(data, sheets, hrefs), index, f"prices_{file_name(data.program)}.xlsx", data.base_as_of)
    return [path for path in (*first, *found) if path.suffix != ".csv"]


def _index(data: PriceData, sheets: list[Sheet], hrefs: Mapping[str, str]) -> Page:
    challenged = len(data.events("challenged"))
    facts: list[tuple[str, str | Link]] = [
        ("Status", state_words(data)),
        ("Rests on", base_words(data)),
        ("Published on", words.day(data.published_on) if data.published_on else "Not published"),
        ("Last day to challenge", words.day(data.challenge_until) if data.challenge_until else "None is stated"),
        ("Challenges", words.plural(challenged, "challenge")),
        ("For", "State staff. Small numbers are not hidden on this page; do not publish it."),
    ]
    return Page(
        title=f"{stamp(data)}Prices of {data.terms.get('period')}: {data.title}",
        heading=f"{stamp(data)}Prices of {data.terms.get('period')}",
        subtitle=data.title,
        answers=[Answer(f"{words.plural(len(sheets), 'practice has', 'practices have')} a price", facts)],
        sections=[_side_by_side(data, sheets, hrefs), _without(data), _versions(data)],
        about=about(data),
    )


def _side_by_side(data: PriceData, sheets: list[Sheet], hrefs: Mapping[str, str]) -> Section:
    """One row per practice, and per cohort where the program has more than one, with every price and the numbers it rests on."""
    kinds = list(dict.fromkeys(p["price"] for p in data.prices if p["price"] != "case_rate"))
    rated = any(p["price"] == "case_rate" for p in data.prices)
    grouped = len(data.cohorts) > 1
    columns = (
        Column("practice", "Practice"),
        *((Column("group", "Group"),) if grouped else ()),
        *((Column("case_rate", "Case rate a month", "money"), Column("months", "Base months", "count", total=True)) if rated else ()),
        *((Column("pregnancies", "Base pregnancies", "count", total=True),) if rated else ()),
        *(Column(kind, words.price(kind), "money") for kind in kinds),
        Column("episodes", "Base episodes", "count", total=True),
    )
    rows: Rows = []
    for sheet in sheets:
        rates = [ladder for ladder in sheet.ladders if ladder.row["price"] == "case_rate"]
        others = [ladder for ladder in sheet.ladders if ladder.row["price"] != "case_rate"]
        rate: list[Cell] = [rates[0].row["amount_cents"], rates[0].count("own_months"), rates[0].count("own_pregnancies")] if rates else []
        for number, cohort in enumerate(dict.fromkeys(ladder.row["cohort"] for ladder in others) or [""]):
            mine = {ladder.row["price"]: ladder for ladder in others if ladder.row["cohort"] == cohort}
            episodes = next((n for ladder in mine.values() if (n := ladder.count("own_episodes")) is not None), None)
            cells: list[Cell] = [Link(data.name(sheet.entity_id), hrefs[sheet.entity_id])]
            cells += [words.humanize(cohort)] if grouped else []
            cells += (rate if rate and not number else [None] * 3) if rated else []
            cells += [mine[kind].row["amount_cents"] if kind in mine else None for kind in kinds]
            rows.append([*cells, episodes])
    grid = Grid("prices", "Prices side by side", columns, rows)
    return Section("prices", "Every practice with a price", [], [], [grid])


def _without(data: PriceData) -> Section:
    findings: list[Row] = data.manifest.get("findings") or []
    rows: Rows = [[str(f.get("code")), f.get("rows"), str(f.get("message") or "")] for f in findings]
    columns = (Column("code", "Code"), Column("rows", "Cases", "count"), Column("message", "What it means"))
    grid = Grid("findings", "Findings of pricing", columns, rows, empty="No finding.")
    return Section(
        "findings", "What to know before publishing", ["A practice that has no price is named here, with the reason."], [], [grid]
    )


def _versions(data: PriceData) -> Section:
    columns = (Column("what", "What"), Column("value", "Value"))
    rows: Rows = [[label, value] for label, value in about(data)]
    return Section("versions", "What these prices were made with", [], [], [Grid("versions", "Versions", columns, rows)])
