"""The first page: one card for each program with links to all its pages, and why there is no settlement where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trueup.reports import sections, settled, words
from trueup.reports.frame import ProgramReport, sentence
from trueup.reports.grid import Answer, Column, Grid, Link, Page, Rows, Section
from trueup.reports.page_files import file_name


def index_page(reports: Sequence[ProgramReport], more: Mapping[str, Sequence[Link]]) -> Page:
    """The index. `more` holds links to pages of other folders (prices, case rates), by program."""
    return Page(
        title="Reports of this run",
        heading="Reports of this run",
        subtitle="trueup",
        answers=[_card(report, more.get(report.run.program, ())) for report in reports],
        sections=[_pages(report) for report in reports if report.rows],
    )


def _card(report: ProgramReport, more: Sequence[Link]) -> Answer:
    run, base = report.run, file_name(report.run.program)
    facts: list[tuple[str, str | Link]] = []
    titles = {"state.html": "State summary", "quality.html": "Quality", "monitoring.html": "Monitoring"}
    titles |= {"tiers.html": "Tiers", "payers.html": "Payers"}
    texts = {"state.html": "Results, amounts, and what is missing", "payers.html": "Payers and measures, pay against quality"}
    texts |= {"tiers.html": "Points, tiers and rates"}
    texts |= {"quality.html": "Scores, measures, gaps and reports", "monitoring.html": "Flags, reviews, and what is held"}
    for sheet in report.sheets:
        if not sheet.entity_id:
            facts.append((titles.get(sheet.href, sheet.label), Link(texts.get(sheet.href, sheet.label), f"{base}/{sheet.href}")))
    facts += [(link.text, Link(_MORE.get(link.text, "Open"), link.href)) for link in more]
    pages = [sheet for sheet in report.sheets if sheet.entity_id]
    name = "Reports" if report.noun == "hospital" else "Statements"
    facts.append((name, words.plural(len(pages), report.noun) + (", listed below" if pages else "")))
    facts.append(("Settlement", settlement_words(report)))
    facts += [
        ("Data through", words.day(run.as_of)),
        ("Rules", f"version {run.manifest.get('rule_version')}, run {run.manifest.get('run_id')}"),
    ]
    facts += report.facts
    if run.scenario:
        facts.append(("Scenario", run.scenario))
    if run.illustrative:
        facts.append(
            ("Note", f"{words.plural(len(run.listed('assumed')), 'rule value')} assumed, not the state's. Results are illustrations.")
        )
    if report.incomplete:
        facts.append(("Not complete", "Something is missing for a settlement; the state summary says what."))
    return Answer(run.title, facts)


_MORE = {"Prices": "Price sheets of every practice, side by side", "Case rates": "Monthly payments of every practice"}


def settlement_words(report: ProgramReport) -> str:
    """How many amounts there are, or why there is none."""
    run = report.run
    if not run.settlements:
        return "None. " + " ".join(sentence(text) for text in settled.why_nothing(run))
    done = [row for row in run.settlements if row["status"] != "held"]
    held = len(run.settlements) - len(done)
    paid, owed = (sum(abs(row["amount_cents"] or 0) for row in done if (row["amount_cents"] or 0) * sign > 0) for sign in (1, -1))
    periods = words.listed(sorted({sections.period_name(row["period"]) for row in run.settlements}))
    tail = f", {held:,} on hold" if held else ""
    return (
        f"{words.money(paid)} to be paid, {words.money(owed)} owed in {periods} ({words.plural(len(run.settlements), 'settlement')}{tail})"
    )


def _pages(report: ProgramReport) -> Section:
    run, base = report.run, file_name(report.run.program)
    columns = (
        Column("practice", words.humanize(report.noun)),
        Column("period", "Period"),
        Column("counted", report.counted, "count"),
        Column("result", "Result", "money"),
        Column("status", "Status"),
    )
    rows: Rows = [
        [Link(r.name, f"{base}/{r.href}"), sections.period_name(r.period), r.counted, r.amount_cents, r.status] for r in report.rows
    ]
    grid = Grid(f"index_{base}", f"Pages of {run.title}", columns, rows)
    return Section(f"program-{sections.slug(run.program)}", run.title, [], [], [grid])
