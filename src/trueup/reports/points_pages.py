"""Pages of a pool that points share: each practice's cases, points and share, and the pool to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from trueup.reports import privacy, sections, settled, words
from trueup.reports import words_quality as said
from trueup.reports.figures import must_equal
from trueup.reports.frame import ProgramReport, Sheet, answer, dates_section, ladder_section, state_answer, state_page, statement_page
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.page_files import file_name
from trueup.reports.program_data import Entity, book_name, entities, index_rows, named, shared_sheets, statement_href
from trueup.reports.quality_sections import score_fact
from trueup.reports.results_pages import amounts_chart
from trueup.reports.settled import Settled, result_row
from trueup.reports.source import Row, RunData
from trueup.reports.state import missing
from trueup.reports.state_lines import conservation, warnings

TERMS = (
    ("Case", "A birth in your care that the rules of the pool count."),
    ("Point", "What a case earns for each measure that it meets."),
    ("Pool", "A fixed amount for all practices together, shared by points."),
)
REASONS = {
    "": "Counts",
    "excluded": "Left out by a rule",
    "unattributed": "No practice could be found for it",
    "not_accountable": "The practice is not in the pool",
    "in_bundle": "The practice is in another program then",
    "not_participating": "The practice had not joined",
    "case_cap": "A case earns no more points than the rules allow",
    "more_than_cases": "No more can be reported than there are cases",
}
MET = {
    "numerator": "Met ✔",
    "denominator": "Not met ✘",
    "excluded": "Not measured: an exclusion",
    "excepted": "Not measured: an exception",
    "not_in_population": "Not measured: outside the measure",
    "reported": "Reported",
}


def points_report(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a pool. Raises CheckFailed (TRU-C041) where points or dollars do not add up."""
    by_entity: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in run.rows("case_points"):
        by_entity[row["entity_id"], row["period"]].append(row)
    found = [e for e in entities(run, by_entity) if e.entity_id]
    hrefs = {e.entity_id: statement_href(e.entity_id) for e in found}
    sheets = [
        Sheet(hrefs[e.entity_id], book_name(run, e.entity_id), lambda e=e: _statement(e, by_entity, detail), e.entity_id) for e in found
    ]
    book = f"state_{file_name(run.program)}.xlsx"
    sheets.append(Sheet("state.html", book, lambda: _state(run, found, by_entity, hrefs), label="The pool, and who shares it"))
    if found:
        sheets += shared_sheets(run, hrefs, found[0].quality, found[0].monitoring, detail=detail)
    counts = {(s["entity_id"], s["period"]): s["unit_count"] for s in run.settlements}
    return ProgramReport(run, sheets, index_rows(found, counts), counted="Cases")


# --- a practice -----------------------------------------------------------------------------------------------------------------------


def _statement(entity: Entity, rows: Mapping[tuple[str, str], list[Row]], detail: bool) -> Page:
    body: list[Section] = []
    answers: list[Answer] = []
    for period in entity.shown:
        mine = rows.get((entity.entity_id, period.period), [])
        answers.append(answer(period, [*_facts(period, mine), *score_fact(entity.quality, entity.entity_id, period.period)]))
        body += [ladder_section(period, lambda _: ""), *_points(period, mine)]
    body += [*entity.without_result(), *entity.scorecards(detail=detail), dates_section(entity.periods, "a case or a point")]
    return statement_page(entity.run, entity.name, answers, body, terms=TERMS)


def _facts(period: Settled, rows: Sequence[Row]) -> list[tuple[str, str | Link]]:
    facts: list[tuple[str, str | Link]] = []
    for row in period.settlements:
        steps = {s["name"]: s for s in period.steps(row)}
        facts.append(("Cases", f"{row['unit_count']:,}"))
        earned, everybody = _points_of(rows), steps.get("points_of_all")
        if everybody:
            must_equal_points(period, steps.get("points"), earned)
            facts.append(("Points", f"{_plain(earned)} of {_plain(Decimal(everybody['amount']))} that all practices earned"))
        if pool := steps.get("pool"):
            facts.append(("The pool", words.stated(pool["amount"], pool["unit"])))
    return facts


def _points_of(rows: Sequence[Row]) -> Decimal:
    return sum((r["points"] for r in rows if r["counted"]), Decimal(0))


def must_equal_points(period: Settled, step: Row | None, earned: Decimal) -> None:
    """The points by case are those of the ladder. Raises CheckFailed (TRU-C041)."""
    if step is not None:
        where = f"{period.run.program}/case_points/{period.entity_id},{period.period}"
        must_equal("points by case, in millionths", int(earned * 10**6), int(Decimal(step["amount"]) * 10**6), where)


def _plain(points: Decimal) -> str:
    return f"{points.normalize():f}"


def _points(period: Settled, rows: Sequence[Row]) -> list[Section]:
    if not rows:
        return []
    slug, run = sections.slug(period.period), period.run
    by_slot: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_slot[row["slot"]].append(row)
    columns = (
        Column("measure", "Measure"),
        Column("source", "Counted from"),
        Column("met", "Met", "count"),
        Column("each", "Points for one", "stated"),
        Column("points", "Points", "rate", total=True),
    )
    table: Rows = []
    for mine in by_slot.values():
        counted = [r for r in mine if r["counted"]]
        head: list[Cell] = [run.measure(mine[0]["measure_id"]), "Your reports" if mine[0]["source"] == "submission" else "Claims"]
        table.append([*head, sum(r["met"] for r in counted), said.share(mine[0]["points_each"], "number"), _points_of(counted)])
    grids = [Grid(f"points_{slug}", "Points by measure", columns, table), _cases(run, rows, slug)]
    text = ["Each row of the list is one measure of one case. The claim beside a met measure is the first that shows it."]
    return [Section(f"points-{slug}", f"Where your points of {sections.period_name(period.period)} come from", text, [], grids)]


def _cases(run: RunData, rows: Sequence[Row], slug: str) -> Grid:
    columns = (
        Column("case", "Case"),
        Column("case_date", "Day", "date"),
        Column("member", "Member, last characters"),
        Column("measure", "Measure"),
        Column("status", "Met?"),
        Column("points", "Points", "rate", total=True),
        Column("counts", "Does it count?"),
        Column("claim", "First claim that shows it"),
        Column("evidence_date", "Its day", "date"),
    )
    ordered = sorted(rows, key=lambda r: (r["case_date"] is None, str(r["case_date"]), r["episode_id"], r["slot"]))
    cells: Rows = [
        [
            r["episode_id"] or "Reported together",
            r["case_date"],
            privacy.mask(r["member_id"]),
            run.measure(r["measure_id"]),
            said.named(MET, r["status"]),
            r["points"] if r["counted"] else Decimal(0),
            "Counts" if r["counted"] else said.named(REASONS, privacy.open_reasons(r["reason"])),
            r["claim_id"] or "",
            r["evidence_date"],
        ]
        for r in ordered
    ]
    return Grid(f"cases_{slug}", "Each case and measure", columns, cells)


# --- the pool -------------------------------------------------------------------------------------------------------------------------


def _state(run: RunData, found: list[Entity], rows: Mapping[tuple[str, str], list[Row]], hrefs: Mapping[str, str]) -> Page:
    periods = [p for e in found for p in e.periods]
    pools = sorted(run.rows("point_pools"), key=lambda r: r["period"], reverse=True)
    left = sum(p["undistributed_amount_cents"] or 0 for p in pools)
    facts: list[tuple[str, str | Link]] = [("Nobody earned", words.money(left))] if pools else []
    body = [*missing(run), *_pools(run, pools)]
    for pool in pools:
        body.append(_shares(run, pool, [p for p in periods if p.period == pool["period"] and p.settlements], rows, hrefs))
    if not pools:
        body.append(Section("pool", "The pool", settled.why_nothing(run)))
    if run.rows("line_accounting"):
        body.append(conservation(run))
    body.append(warnings(run))
    return state_page(run, "The pool, and who shares it", [state_answer(run, periods, "practice", facts)], body, terms=TERMS)


def _pools(run: RunData, pools: Sequence[Row]) -> list[Section]:
    columns = (
        Column("period", "Period"),
        Column("pool", "Pool", "money"),
        Column("practices", "Practices", "count"),
        Column("paid", "Practices paid", "count"),
        Column("points", "Points of all", "stated"),
        Column("distributed", "Distributed", "money"),
        Column("undistributed", "Nobody earned it", "money"),
        Column("status", "Status"),
    )
    table: Rows = []
    for p in pools:
        where = f"{run.program}/point_pools/{p['period']}"
        must_equal(
            "the pool in its two parts", p["distributed_amount_cents"] + p["undistributed_amount_cents"], p["pool_amount_cents"], where
        )
        why = words.result(p["reason"] or "")
        numbers: list[Cell] = [p["pool_amount_cents"], p["entities"], p["entities_paid"], said.share(p["points"], "number")]
        status = words.humanize(p["status"]) + (f": {words.inline(why)}" if why else "")
        table.append([sections.period_name(p["period"]), *numbers, p["distributed_amount_cents"], p["undistributed_amount_cents"], status])
    note = "Distributed and what nobody earned are the pool, to the cent."
    return [Section("pool", "The pool", [], [], [Grid("pools", "Pools", columns, table, note=note)])] if table else []


def _shares(run: RunData, pool: Row, mine: list[Settled], rows: Mapping[tuple[str, str], list[Row]], hrefs: Mapping[str, str]) -> Section:
    columns = (
        Column("practice", "Practice"),
        Column("cases", "Cases", "count", total=True),
        Column("points", "Points that count", "rate", total=True),
        Column("share", "Share of the points", "stated"),
        Column("result", "Result", "money", total=True),
        Column("status", "Status"),
        Column("why", "Why"),
    )
    table: Rows = []
    for period in mine:
        amount, status = result_row(period)
        for row in period.settlements:
            steps = {s["name"]: s["amount"] for s in period.steps(row)}
            must_equal_points(
                period,
                next((s for s in period.steps(row) if s["name"] == "points"), None),
                _points_of(rows.get((period.entity_id, period.period), [])),
            )
            points = Decimal(steps.get("points_counted", "0"))
            share = said.share(points / pool["points"]) if pool["points"] else None
            table.append([named(run, period.entity_id, hrefs), row["unit_count"], points, share, amount, status, settled.reasons([row])])
    where = f"{run.program}/point_pools/{pool['period']}"
    must_equal("what practices get", sum(p.payable_cents for p in mine), pool["distributed_amount_cents"], where)
    slug = sections.slug(pool["period"])
    grid = Grid(f"shares_{slug}", f"Practices in {sections.period_name(pool['period'])}", columns, table)
    return Section(
        f"shares-{slug}",
        f"Who shares the pool of {sections.period_words(run, pool['period'])}",
        [],
        amounts_chart(slug, mine, "practice"),
        [grid],
    )
