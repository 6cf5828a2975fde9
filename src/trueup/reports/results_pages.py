"""Pages of a program whose entities deliver the results of a whole year: a ladder for each, and the state's table."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.reports import sections, settled, words
from trueup.reports import steps as ladder_words
from trueup.reports.charts import Line, Mark, bars
from trueup.reports.figures import must_equal
from trueup.reports.frame import ProgramReport, Sheet, answer, dates_section, ladder_section, state_answer, state_page, statement_page
from trueup.reports.grid import Chart, Column, Grid, Link, Page, Rows, Section
from trueup.reports.page_files import file_name
from trueup.reports.program_data import Entity, book_name, entities, index_rows, named, shared_sheets, statement_href
from trueup.reports.quality_sections import score_fact
from trueup.reports.settled import Settled, result_row
from trueup.reports.source import Row, RunData
from trueup.reports.state import missing
from trueup.reports.state_lines import conservation, warnings

TERMS = (
    ("Benchmark", "What the care of the assigned members was expected to cost. It is delivered with the results."),
    ("Savings rate", "Savings as a share of the benchmark."),
    ("Smallest savings that count", "Savings below this are taken for chance. It is larger for fewer members."),
)
_MOST_BARS = 40


def results_report(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a program of this kind. Raises CheckFailed (TRU-C041) where a ladder does not end in its amount."""
    found = entities(run)
    hrefs = {e.entity_id: statement_href(e.entity_id) for e in found}
    sheets = [Sheet(hrefs[e.entity_id], book_name(run, e.entity_id), lambda e=e: _statement(e, detail), e.entity_id) for e in found]
    sheets.append(Sheet("state.html", f"state_{file_name(run.program)}.xlsx", lambda: _state(run, found, hrefs), label="State summary"))
    if found:
        sheets += shared_sheets(run, hrefs, found[0].quality, found[0].monitoring, detail=detail)
    counts = {(s["entity_id"], s["period"]): s["unit_count"] for s in run.settlements}
    return ProgramReport(run, sheets, index_rows(found, counts), "organization", "Members")


def _statement(entity: Entity, detail: bool) -> Page:
    body: list[Section] = []
    for period in entity.shown:
        body.append(ladder_section(period, lambda _: ""))
    body += [*entity.without_result(), *entity.scorecards(detail=detail), dates_section(entity.shown, "a result or a step")]
    return statement_page(
        entity.run,
        entity.name,
        [answer(p, [*_facts(p), *score_fact(entity.quality, p.entity_id, p.period)]) for p in entity.shown],
        body,
        terms=TERMS,
    )


def _facts(period: Settled) -> list[tuple[str, str | Link]]:
    facts: list[tuple[str, str | Link]] = []
    for row in period.settlements:
        facts.append(("Members", f"{row['unit_count']:,}"))
        expected, actual = row["expected_amount_cents"], row["actual_amount_cents"]
        if expected is not None and actual is not None:
            side = "below" if actual <= expected else "above"
            text = f"{words.money(actual)}. That is {words.money(abs(expected - actual))} {side} your benchmark of {words.money(expected)}."
            facts.append(("Your cost", text))
        facts += [(ladder_words.name(s["name"]), ladder_words.text(s["amount"])) for s in _tests(period, row)]
    return facts


def _tests(period: Settled, row: Row) -> list[Row]:
    """The steps that decide: tests and gates."""
    return [s for s in period.steps(row) if s["unit"] == "text" and (s["name"].endswith("_test") or s["name"].startswith("gate"))]


def _state(run: RunData, found: list[Entity], hrefs: Mapping[str, str]) -> Page:
    periods = [p for e in found for p in e.periods]
    body = [*missing(run), *_results(run, periods, hrefs)]
    if run.rows("line_accounting"):
        body.append(conservation(run))
    body.append(warnings(run))
    return state_page(run, "State summary", [state_answer(run, periods, "organization")], body, terms=TERMS)


def _results(run: RunData, periods: list[Settled], hrefs: Mapping[str, str]) -> list[Section]:
    ids = sorted({p.period for p in periods if p.settlements}, reverse=True)
    if not ids:
        return [Section("results", "Results", settled.why_nothing(run))]
    return [_period(run, period_id, [p for p in periods if p.period == period_id and p.settlements], hrefs) for period_id in ids]


def _period(run: RunData, period_id: str, mine: list[Settled], hrefs: Mapping[str, str]) -> Section:
    columns = (
        Column("entity", "Organization"),
        Column("members", "Members", "count", total=True),
        Column("benchmark", "Benchmark", "money", total=True),
        Column("cost", "Cost", "money", total=True),
        Column("savings", "Savings (below zero: losses)", "money", total=True),
        Column("test", "Tests", on_page=False),
        Column("result", "Result", "money", total=True),
        Column("status", "Status"),
        Column("why", "Why"),
    )
    rows: Rows = []
    for period in mine:
        row = period.settlements[0]
        expected, actual = row["expected_amount_cents"] or 0, row["actual_amount_cents"] or 0
        amount, status = result_row(period)
        tests = "; ".join(f"{ladder_words.name(s['name'])} {ladder_words.text(s['amount'])}" for s in _tests(period, row))
        entity = named(run, period.entity_id, hrefs)
        rows.append(
            [entity, row["unit_count"], expected, actual, expected - actual, tests, amount, status, settled.reasons(period.settlements)]
        )
    stored = sum(s["amount_cents"] or 0 for s in run.settlements if s["period"] == period_id and s["status"] != "held")
    shown = sum(r[6] for r in rows if isinstance(r[6], int))
    must_equal("results of all organizations", shown, stored, f"{run.program}/settlements/{period_id}")
    slug = sections.slug(period_id)
    grid = Grid(f"results_{slug}", f"Organizations in {sections.period_name(period_id)}", columns, rows)
    return Section(
        f"results-{slug}", f"Results of {sections.period_words(run, period_id)}", [], amounts_chart(slug, mine, "organization"), [grid]
    )


def amounts_chart(slug: str, periods: list[Settled], noun: str) -> list[Chart]:
    """One bar for each amount of an entity; nothing where there is none."""
    mine = sorted(((p, cents) for p in periods for cents in p.results if cents), key=lambda item: (-item[1], item[0].entity_id))
    if not mine:
        return []
    shown = mine[:_MOST_BARS]
    lines = [
        Line(
            p.run.names.get(p.entity_id, p.entity_id),
            f"{'receives' if cents > 0 else 'owes'} {words.money_whole(abs(cents))}",
            [Mark(cents)],
        )
        for p, cents in shown
    ]
    receive, owe = sum(cents > 0 for _, cents in mine), sum(cents < 0 for _, cents in mine)
    parts = [words.plural(receive, f"{noun} receives", f"{noun}s receive"), words.plural(owe, f"{noun} owes", f"{noun}s owe")]
    more = f" The first {len(shown)} are drawn; the table holds {len(mine) - len(shown)} more." if len(mine) > len(shown) else ""
    summary = f"One bar for each {noun} with a payment: filled to the right is received, hollow to the left is owed.{more}"
    return [bars(f"results-{slug}", f"{parts[0]} money, {parts[1]} money", summary, lines)]
