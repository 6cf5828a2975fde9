"""The statement of a primary-care practice: its contracts by payer, what each pays and why, pools, scorecard, and how it came in."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.reports import sections, words
from trueup.reports.frame import answer, dates_section, ladder_section, statement_page
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section, Stated
from trueup.reports.panel_data import Panels
from trueup.reports.program_data import Entity
from trueup.reports.quality_sections import score_fact
from trueup.reports.settled import Settled, shown_amount
from trueup.reports.source import Row
from trueup.reports.steps_kinds import OF_CONTRACTS

TERMS = (
    ("Panel", "The members that are yours under a contract, and the months in which they are."),
    ("Contract", "An agreement of one payer with one practice. Each payer weighs the common measures itself."),
    ("Benchmark", "What a member was expected to cost in a month at average risk. It was fixed before the period."),
    ("Individual amount", "Your share of the savings at your own quality score."),
    ("Challenge pool", "What quality left unearned. It goes to those who pass the challenge measures."),
)
MOVE_COLUMNS = (
    Column("payer", "Payer"),
    Column("from_track", "From"),
    Column("to_track", "To"),
    Column("moved_on", "On", "date"),
    Column("decided_by", "Decided by"),
    Column("decided_on", "Decided on", "date"),
    Column("evidence", "Evidence"),
    Column("panel_size", "Panel then", "count"),
)
_TRACKS = {"p4p": "Pay for performance", "ssp": "Shared savings"}


def panel_statement(entity: Entity, panels: Panels, *, detail: bool = False) -> Page:
    """The page of one practice. Raises CheckFailed (TRU-C041) where a ladder or a pool does not close."""
    body: list[Section] = []
    for period in entity.shown:
        body += [
            _contracts(panels, period),
            ladder_section(period, lambda row: panels.label(row["cohort"]), own=OF_CONTRACTS),
            *_pools(panels, period),
        ]
    body += [
        *entity.without_result(),
        *entity.scorecards(detail=detail),
        *_benchmarks(panels, entity.entity_id),
        *_add_ons(panels, entity.entity_id),
        _entries(panels, entity),
        dates_section(entity.shown, "a contract, a member or a result"),
    ]
    answers = [_answer(entity, panels, period) for period in entity.shown]
    return statement_page(entity.run, entity.name, answers, [s for s in body if s], terms=TERMS)


def _answer(entity: Entity, panels: Panels, period: Settled) -> Answer:
    mine = [g for g in panels.groups if (g["entity_id"], g["period"]) == (period.entity_id, period.period)]
    facts: list[tuple[str, str | Link]] = (
        [("Contracts", f"{len(mine):,} with {words.listed(sorted({g['payer'] for g in mine}))}")] if mine else []
    )
    if mine:
        facts.append(("Members", f"{sum(g['members'] for g in mine):,} in {sum(g['member_months'] for g in mine):,} months"))
    facts += score_fact(entity.quality, period.entity_id, period.period)
    missing = [text for text in period.refusals() if period.settlements]
    facts += [("Not settled", " ".join(missing))] if missing else []
    without = "" if mine or period.refusals() else "No contract of yours in this program falls into this period."
    act = "Check your contracts and your measures. If one looks wrong, tell your program office."
    return answer(period, facts, without=without, act=act)


# --- contracts ------------------------------------------------------------------------------------------------------------------------


def contract_cells(panels: Panels, period: Settled, row: Row) -> list[Cell]:
    """One settled contract: payer, terms, panel, cost against benchmark, result."""
    payer, terms = panels.terms_of.get(row["cohort"], ("", ""))
    group = panels.contracts.get((period.period, row["cohort"]))
    expected = row["expected_amount_cents"] or None
    return [
        row["cohort"],
        payer,
        panels.run.terms(terms),
        row["unit_count"],
        group["member_months"] if group else None,
        expected,
        row["actual_amount_cents"] if expected is not None else None,
        shown_amount(row),
        words.status(row["status"]),
        words.result(row["reason"] or ""),
    ]


CONTRACT_COLUMNS = (
    Column("contract", "Contract"),
    Column("payer", "Payer"),
    Column("terms", "Terms"),
    Column("members", "Members", "count"),
    Column("member_months", "Months of members", "count"),
    Column("expected", "Expected cost", "money"),
    Column("cost", "Cost", "money"),
    Column("result", "Result", "money"),
    Column("status", "Status"),
    Column("why", "Why"),
)


def _contracts(panels: Panels, period: Settled) -> Section:
    slug = sections.slug(period.period)
    rows: Rows = [contract_cells(panels, period, row) for row in period.settlements]
    settled = {row["cohort"] for row in period.settlements}
    for group in panels.groups:
        if (group["entity_id"], group["period"]) == (period.entity_id, period.period) and group["contract_id"] not in settled:
            head: list[Cell] = [group["contract_id"], group["payer"], panels.run.terms(group["terms_id"] or "")]
            rows.append([*head, group["members"], group["member_months"], None, None, None, "No settlement", _why_not(period, group)])
    grid = Grid(f"contracts_{slug}", "Your contracts", CONTRACT_COLUMNS, rows, empty="No contract of yours falls into this period.")
    return Section(f"contracts-{slug}", f"Your contracts in {sections.period_name(period.period)}", [], [], [grid])


def _why_not(period: Settled, group: Row) -> str:
    refused = [str(r["message"]) for r in period.run.refusals if r["cohort"] == group["contract_id"] and r["period"] == period.period]
    return "; ".join(refused) or "The run did not settle it"


def _pools(panels: Panels, period: Settled) -> list[Section]:
    """The practice's part of each pool, beside the whole pool."""
    rows: Rows = []
    pools = {(p["period"], p["pool_id"]): p for p in panels.pools}
    for share in panels.shares:
        if (share["entity_id"], share["period"]) == (period.entity_id, period.period):
            pool = pools[share["period"], share["pool_id"]]
            kind = "Challenge pool" if pool["kind"] == "challenge" else "Bonus pool"
            amounts: list[Cell] = [share["potential_cents"], share["individual_cents"], share["paid_cents"], pool["pool_cents"]]
            if pool["kind"] != "challenge":
                amounts[:2] = [None, None]
            rows.append([share["contract_id"], kind, *amounts, pool["undistributed_cents"], pool_status(pool)])
    if not rows:
        return []
    columns = (
        Column("contract", "Contract"),
        Column("pool", "Pool"),
        Column("potential", "At full quality", "money"),
        Column("individual", "At your score", "money"),
        Column("paid", "From the pool", "money", total=True),
        Column("pool_cents", "The whole pool", "money"),
        Column("undistributed", "Of it nobody earned", "money"),
        Column("status", "Status of the pool"),
    )
    slug = sections.slug(period.period)
    grid = Grid(f"pools_{slug}", "Your parts of the pools", columns, rows)
    text = ["What quality leaves unearned in each contract goes into a challenge pool and comes back to those who pass its measures."]
    return [Section(f"pools-{slug}", f"Pools of {sections.period_name(period.period)}", text if len(rows) else [], [], [grid])]


def pool_status(pool: Row) -> str:
    """`paid`, `undistributed`, `waits` or `empty` in words."""
    known = {
        "paid": "Paid out to the cent",
        "undistributed": "Nobody earned it; it is reported and stays with the payer",
        "waits": f"Waits for {words.plural(pool['waiting'] or 0, 'contract')} on hold",
        "empty": "Nothing was left to share",
    }
    return known.get(pool["status"]) or words.humanize(pool["status"])


# --- benchmarks, add-ons, entries -----------------------------------------------------------------------------------------------------


def _benchmarks(panels: Panels, entity_id: str) -> list[Section]:
    run = panels.run
    mine = [p for p in run.prices if p["entity_id"] == entity_id and p["price"] == "benchmark_pmpm"]
    if not mine:
        return []
    columns = (Column("contract", "Contract"), Column("first", "From", "date"), Column("last", "Up to, not including", "date"))
    columns = (*columns, Column("amount", "For a member and month", "money"))
    rows: Rows = [[panels.label(p["cohort"]), p["effective_from"], p["effective_to"], p["amount_cents"]] for p in mine]
    grids = [Grid("benchmarks", "Your benchmarks", columns, rows)]
    for p in mine:
        if steps := run.price_steps.get((entity_id, "benchmark_pmpm", p["cohort"]), []):
            label = panels.label(p["cohort"])
            grids.append(sections.ladder(f"benchmark_{sections.slug(p['cohort'])}", f"Steps of the benchmark, {label}", steps))
    text = ["The benchmark was fixed before the period and does not change with your results.", sections.price_base(run)]
    return [Section("benchmarks", "How your benchmarks were built", [t for t in text if t], [], grids)]


def _add_ons(panels: Panels, entity_id: str) -> list[Section]:
    mine = [a for a in panels.add_ons if a["entity_id"] == entity_id]
    if not mine:
        return []
    columns = (
        Column("contract", "Contract"),
        Column("month", "Month", "month"),
        Column("members", "Members", "count"),
        Column("each", "For each", "money"),
        Column("amount", "Amount", "money", total=True),
    )
    rows: Rows = [[panels.label(a["contract_id"]), a["month"], a["members"], a["add_on_cents"], a["amount_cents"]] for a in mine]
    text = ["This is paid month by month, whatever the result. It is not part of the amounts above."]
    return [Section("add-ons", "Monthly add-ons", text, [], [Grid("add_ons", "Members times the add-on", columns, rows)])]


def entry_rows(panels: Panels, periods: Sequence[Settled]) -> Rows:
    """How each settled contract came to be, from its ladder: days, who decided, the evidence."""
    rows: Rows = []
    for period in periods:
        for row in period.settlements:
            steps = {s["name"]: s for s in period.steps(row)}
            days = [steps.get(name) for name in ("contract_from", "contract_to")]
            decided = steps.get("decided_by")
            shown: list[Cell] = [Stated(s["amount"], "date") if s and not s["amount"].startswith("9999") else None for s in days]
            evidence = decided["cite"] if decided else ""
            rows.append(
                [panels.label(row["cohort"]), sections.period_name(period.period), *shown, decided["amount"] if decided else "", evidence]
            )
    return rows


ENTRY_COLUMNS = (
    Column("contract", "Contract"),
    Column("period", "Period"),
    Column("first", "From", "stated"),
    Column("last", "Up to, not including", "stated"),
    Column("decided_by", "Decided by"),
    Column("evidence", "Evidence"),
)


def move_cells(move: Row) -> list[Cell]:
    """A move between tracks, in the order of `MOVE_COLUMNS`."""
    tracks = [_TRACKS.get(move[key], move[key]) for key in ("from_track", "to_track")]
    return [move["payer"], *tracks, *(move[key] for key in ("moved_on", "decided_by", "decided_on", "evidence", "panel_size"))]


def _entries(panels: Panels, entity: Entity) -> Section:
    entries = Grid(
        "entries", "How each contract came to be", ENTRY_COLUMNS, entry_rows(panels, entity.shown), empty="No contract was settled."
    )
    moves: Rows = [move_cells(m) for m in panels.moves if m["entity_id"] == entity.entity_id]
    grids = [entries, Grid("moves", "Moves between tracks", MOVE_COLUMNS, moves, empty="No move between tracks is recorded.")]
    return Section(
        "entries", "How you came under contract", ["Nobody enters or moves without a dated decision and its evidence."], [], grids
    )
