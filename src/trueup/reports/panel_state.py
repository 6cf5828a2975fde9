"""The state's pages of a panel program: results by contract, pools that close, payers against the common measures, pay against quality."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from trueup.reports import sections, settled, words
from trueup.reports import words_quality as said
from trueup.reports.charts import Line, Mark, dots
from trueup.reports.figures import must_equal
from trueup.reports.frame import STAFF, IndexRow, ProgramReport, Sheet, state_answer, state_page
from trueup.reports.grid import Answer, Cell, Chart, Column, Grid, Link, Page, Rows, Section, Stated
from trueup.reports.page_files import file_name
from trueup.reports.panel_data import Panels
from trueup.reports.panel_page import (
    CONTRACT_COLUMNS,
    ENTRY_COLUMNS,
    MOVE_COLUMNS,
    TERMS,
    contract_cells,
    entry_rows,
    move_cells,
    panel_statement,
    pool_status,
)
from trueup.reports.program_data import Entity, book_name, entities, named, shared_sheets, statement_href
from trueup.reports.results_pages import amounts_chart
from trueup.reports.settled import Settled
from trueup.reports.source import Row, RunData
from trueup.reports.state import missing
from trueup.reports.state_lines import conservation, warnings

RELATIONS = {
    "shared": "Shared",
    "left_out": "Left out",
    "restated": "Restated with its own terms",
    "added": "Added by the payer alone",
}
CONFLICTS = {
    "": "",
    "direction": "The payer counts the other way",
    "target": "The payer has another target",
    "specification": "The payer counts it another way",
}
_MOST = 40
_COLUMNS = (
    Column("practice", "Practice"),
    *(Column(c.key, c.label, c.kind, c.total, on_page=c.key != "terms") for c in CONTRACT_COLUMNS),
)


def panel_report(run: RunData, *, detail: bool = False) -> ProgramReport:
    """Every page of a program of contracts. Raises CheckFailed (TRU-C041) where an amount or a pool does not tie."""
    panels = Panels(run)
    found = [e for e in entities(run, ((g["entity_id"], g["period"]) for g in panels.groups), apart=True) if e.entity_id]
    hrefs = {e.entity_id: statement_href(e.entity_id) for e in found}
    sheets = [
        Sheet(hrefs[e.entity_id], book_name(run, e.entity_id), lambda e=e: panel_statement(e, panels, detail=detail), e.entity_id)
        for e in found
    ]
    program = file_name(run.program)
    sheets.append(Sheet("state.html", f"state_{program}.xlsx", lambda: _state(run, panels, found, hrefs), label="State summary"))
    if run.rows("payer_contracts"):
        sheets.append(
            Sheet("payers.html", f"payers_{program}.xlsx", lambda: _payers(run, panels, hrefs), label="Payers, and pay against quality")
        )
    if found:
        sheets += shared_sheets(run, hrefs, found[0].quality, found[0].monitoring, detail=detail)
    return ProgramReport(run, sheets, _index(panels, found), counted="Members under contract")


def _index(panels: Panels, found: list[Entity]) -> list[IndexRow]:
    """One row per contract; a practice without a settled contract has one row."""
    rows: list[IndexRow] = []
    for entity in found:
        href = statement_href(entity.entity_id)
        for period in entity.shown:
            for row in period.settlements:
                name = f"{entity.name}, {panels.label(row['cohort'])}"
                amount = None if row["status"] == "held" else row["amount_cents"]
                rows.append(IndexRow(name, href, period.period, row["unit_count"], amount, words.status(row["status"])))
            if not period.settlements:
                mine = [g["members"] for g in panels.groups if (g["entity_id"], g["period"]) == (entity.entity_id, period.period)]
                status = "No settlement" if mine else "No contract in this program"
                rows.append(IndexRow(entity.name, href, period.period, sum(mine) if mine else None, None, status))
    return rows


# --- the state's page -----------------------------------------------------------------------------------------------------------------


def _state(run: RunData, panels: Panels, found: list[Entity], hrefs: Mapping[str, str]) -> Page:
    periods = [p for e in found for p in e.periods]
    left = sum(p["undistributed_cents"] or 0 for p in panels.pools)
    facts: list[tuple[str, str | Link]] = [("Contracts", f"{len(panels.groups):,} with a panel")]
    facts += [("Nobody earned", f"{words.money(left)} of the pools")] if panels.pools else []
    body = [*missing(run), *_results(run, panels, periods, hrefs), *_pools(panels, hrefs), _entries(panels, periods, hrefs)]
    if run.rows("line_accounting"):
        body.append(conservation(run))
    body.append(warnings(run))
    return state_page(run, "State summary", [state_answer(run, periods, "contract", facts)], body, terms=TERMS)


def _results(run: RunData, panels: Panels, periods: list[Settled], hrefs: Mapping[str, str]) -> list[Section]:
    ids = dict.fromkeys(p.period for p in periods if p.settlements)
    if not ids:
        return [Section("results", "Results by contract", settled.why_nothing(run))]
    parts: list[Section] = []
    for period_id in ids:
        mine = [p for p in periods if p.period == period_id and p.settlements]
        rows: Rows = [[named(run, p.entity_id, hrefs), *contract_cells(panels, p, row)] for p in mine for row in p.settlements]
        stored = sum(s["amount_cents"] or 0 for s in run.settlements if s["period"] == period_id and s["status"] != "held")
        must_equal("results of all contracts", sum(p.payable_cents for p in mine), stored, f"{run.program}/settlements/{period_id}")
        slug = sections.slug(period_id)
        grid = Grid(f"results_{slug}", f"Contracts in {sections.period_name(period_id)}", _COLUMNS, rows)
        parts.append(Section(f"results-{slug}", sections.period_words(run, period_id), [], amounts_chart(slug, mine, "contract"), [grid]))
    return [Section("results", "Results by contract", [], parts=parts)]


def _pools(panels: Panels, hrefs: Mapping[str, str]) -> list[Section]:
    """Every pool with its parts: what went in, what came out, what nobody earned."""
    if not panels.pools:
        return []
    columns = (
        Column("period", "Period"),
        Column("terms", "Terms"),
        Column("kind", "Pool"),
        Column("contracts", "Contracts", "count"),
        Column("individual", "Individual amounts", "money"),
        Column("pool", "Into the pool", "money"),
        Column("paid", "Paid out of it", "money"),
        Column("undistributed", "Nobody earned it", "money"),
        Column("status", "Status"),
    )
    rows: Rows = []
    for p in panels.pools:
        head: list[Cell] = [
            sections.period_name(p["period"]),
            panels.run.terms(p["terms_id"]),
            f"{words.humanize(p['kind'])} pool",
            p["contracts"],
        ]
        rows.append([*head, p["individual_cents"], p["pool_cents"], p["paid_cents"], p["undistributed_cents"], pool_status(p)])
    note = "Paid out and what nobody earned are the pool, to the cent. A challenge pool is the potential less the individual amounts."
    grids = [Grid("pools", "Pools, closed to the cent", columns, rows, note=note), _shares(panels, hrefs)]
    return [Section("pools", "Pools", [], [], grids)]


def _shares(panels: Panels, hrefs: Mapping[str, str]) -> Grid:
    columns = (
        Column("practice", "Practice"),
        Column("contract", "Contract"),
        Column("pool", "Pool"),
        Column("potential", "Potential", "money", total=True),
        Column("individual", "Individual", "money", total=True),
        Column("weight", "Weight in the pool", "rate", total=True),
        Column("paid", "From the pool", "money", total=True),
    )
    rows: Rows = []
    for s in panels.shares:
        head: list[Cell] = [named(panels.run, s["entity_id"], hrefs), panels.label(s["contract_id"]), s["pool_id"]]
        rows.append([*head, s["potential_cents"], s["individual_cents"], _number(s["weight"]), s["paid_cents"]])
    return Grid("pool_shares", "Each contract's part", columns, rows)


def _number(text: object) -> Cell:
    return Decimal(str(text or "0"))


def _entries(panels: Panels, periods: list[Settled], hrefs: Mapping[str, str]) -> Section:
    rows: Rows = [[named(panels.run, p.entity_id, hrefs), *row] for p in periods for row in entry_rows(panels, [p])]
    moves: Rows = [[named(panels.run, m["entity_id"], hrefs), *move_cells(m)] for m in panels.moves]
    who = Column("practice", "Practice")
    grids = [
        Grid("entries", "Every settled contract and its evidence", (who, *ENTRY_COLUMNS), rows, empty="No contract was settled."),
        Grid("moves", "Moves between tracks", (who, *MOVE_COLUMNS), moves, empty="No move between tracks is recorded."),
    ]
    text = ["A contract without a dated decision and its evidence is not settled; see what was not settled above."]
    return Section("entries", "Entries, moves, and their evidence", text, [], grids)


# --- the page of payers ---------------------------------------------------------------------------------------------------------------


def _payers(run: RunData, panels: Panels, hrefs: Mapping[str, str]) -> Page:
    payers = run.rows("payer_contracts")
    tied = sum(p["common_paid_cents"] or 0 for p in payers)
    paid = sum(p["paid_cents"] or 0 for p in payers)
    conflicts = sum(p["measures_in_conflict"] or 0 for p in payers)
    facts: list[tuple[str, str | Link]] = [
        ("Status", run.standing),
        ("Payers", f"{len({p['payer'] for p in payers}):,} with {words.plural(len(payers), 'set', 'sets')} of terms"),
        ("In conflict", words.plural(conflicts, "measure") if conflicts else "No measure"),
        ("Data through", words.day(run.as_of)),
        ("For", STAFF),
    ]
    sentence = f"{words.money(tied)} of {words.money(paid)} paid hang on the common measures"
    body = [_alignment(run, payers), *_measures(run), *_ranks(run, panels, hrefs)]
    return state_page(run, "Payers", [Answer(sentence, facts)], body, terms=TERMS, back=Link("State summary", "state.html"))


def _alignment(run: RunData, payers: list[Row]) -> Section:
    columns = (
        Column("payer", "Payer"),
        Column("terms", "Terms"),
        Column("shared", "Measures shared", "count"),
        Column("left_out", "Left out", "count"),
        Column("added", "Added", "count"),
        Column("conflict", "In conflict", "count"),
        Column("common_weight", "Weight of the common measures", "stated"),
        Column("contracts", "Contracts", "count", total=True),
        Column("settled", "Settled", "count", total=True),
        Column("paid", "Paid", "money", total=True),
        Column("owed", "Owed", "money", total=True),
        Column("tied", "Paid on the common measures", "money", total=True),
    )
    keys = ("measures_shared", "measures_left_out", "measures_added", "measures_in_conflict")
    money = ("contracts", "contracts_settled", "paid_cents", "owed_cents", "common_paid_cents")
    rows: Rows = [
        [p["payer"], run.terms(p["terms_id"]), *(p[k] for k in keys), said.share(p["common_weight"]), *(p[k] for k in money)]
        for p in payers
    ]
    stored = [s["amount_cents"] or 0 for s in run.settlements if s["status"] != "held"]
    must_equal(
        "paid over all payers", sum(p["paid_cents"] or 0 for p in payers), sum(a for a in stored if a > 0), f"{run.program}/payer_contracts"
    )
    note = "Measures in conflict are counted another way, held against another target, or read in the other direction than the common set."
    grid = Grid("payers", "Payers against the common measures", columns, rows, note=note)
    return Section("alignment", "How far each payer uses the common measures", [], [], [grid])


def _measures(run: RunData) -> list[Section]:
    """Each measure beside each payer's terms, on the page; every target and specification in the file."""
    rows = run.rows("payer_alignment")
    if not rows:
        return []
    names = {
        (r["period"], r["terms_id"]): f"{r['payer']}, {r['terms_id']}" for r in sorted(rows, key=lambda r: (r["period"], r["terms_id"]))
    }
    one_period = len({period for period, _ in names}) == 1
    columns = (Column("measure", "Measure"), *(Column(f"{p}_{t}", name if one_period else f"{name} {p}") for (p, t), name in names.items()))
    found = {(r["measure_id"], r["period"], r["terms_id"]): _use(r) for r in rows}
    measures = sorted({r["measure_id"] for r in rows}, key=run.measure)
    matrix: Rows = [[run.measure(m), *(found.get((m, p, t), "Not used") for p, t in names)] for m in measures]
    keys = ("direction", "target", "specification")
    every = (
        Column("period", "Period"),
        Column("payer", "Payer"),
        Column("terms", "Terms"),
        Column("measure", "Measure"),
        Column("relation", "The payer's use of it"),
        Column("conflict", "Conflict"),
        *(Column(f"{side}_{key}", words.humanize(f"{side} {key}")) for key in keys for side in ("common", "payer")),
    )
    head = ("period", "payer", "terms_id", "measure_id", "relation", "conflict")
    detail: Rows = [[*(r[k] for k in head), *(r[f"{side}_{key}"] for key in keys for side in ("common", "payer"))] for r in rows]
    grids = [
        Grid("alignment", "Every common measure, and what each payer does with it", columns, matrix),
        Grid("alignment_detail", "Measures of payers with targets and specifications", every, detail, on_page=False),
    ]
    return [Section("measures", "Measure by measure", [], [], grids)]


def _use(row: Row) -> str:
    """`Shared`, or `Restated with its own terms: the payer has another target`."""
    conflicts = [words.inline(said.named(CONFLICTS, part)) for part in str(row["conflict"] or "").split(";") if part]
    use = said.named(RELATIONS, row["relation"])
    return f"{use} ✘: {words.listed(conflicts)}" if conflicts else use


def _ranks(run: RunData, panels: Panels, hrefs: Mapping[str, str]) -> list[Section]:
    """Pay for a member and month beside the rank of quality, terms by terms."""
    ranks = sorted(run.rows("payment_ranks"), key=lambda r: (r["terms_id"], r["period"], r["score_rank"] or 0, r["contract_id"]))
    if not ranks:
        return []
    columns = (
        Column("practice", "Practice"),
        Column("contract", "Contract"),
        Column("period", "Period"),
        Column("score", "Quality score", "stated"),
        Column("score_rank", "Rank by quality", "count"),
        Column("amount", "Result", "money"),
        Column("each", "For a member and month", "stated"),
        Column("payment_rank", "Rank by pay", "count"),
        Column("is_paid", "Paid?"),
    )
    rows: Rows = []
    for r in ranks:
        head: list[Cell] = [named(run, r["entity_id"], hrefs), panels.label(r["contract_id"]), sections.period_name(r["period"])]
        numbers: list[Cell] = [
            said.share(r["score"]),
            r["score_rank"],
            r["amount_cents"],
            _dollars(r["cents_per_member_month"]),
        ]
        rows.append([*head, *numbers, r["payment_rank"], "Yes" if r["is_paid"] else "No"])
    text = ["If pay followed quality alone, both ranks would be the same. Savings, panels and payers' terms move them apart."]
    return [Section("ranks", "Pay against quality", text, _rank_charts(run, ranks), [Grid("ranks", "Ranks by contract", columns, rows)])]


def _dollars(cents: Decimal | None) -> Cell:
    """Cents with parts of a cent as dollars with four decimals."""
    return None if cents is None else Stated(f"{(cents / 100).quantize(Decimal('0.0001')):f}", "dollars")


def _rank_charts(run: RunData, ranks: list[Row]) -> list[Chart]:
    charts: list[Chart] = []
    by_terms: dict[tuple[str, str], list[Row]] = {}
    for r in ranks:
        if r["score_rank"] is not None and r["payment_rank"] is not None:
            by_terms.setdefault((r["terms_id"], r["period"]), []).append(r)
    for (terms, period), mine in by_terms.items():
        if len(mine) < 2:
            continue
        lines = [
            Line(
                run.names.get(r["entity_id"], r["entity_id"]),
                f"quality {r['score_rank']}, pay {r['payment_rank']}",
                [Mark(-r["payment_rank"]), Mark(-r["score_rank"], "other")],
            )
            for r in mine[:_MOST]
        ]
        same = sum(r["score_rank"] == r["payment_rank"] for r in mine)
        finding = (
            f"{run.terms(terms)}, {sections.period_name(period)}: {same} of {len(mine)} contracts have the same rank by pay and by quality"
        )
        summary = "Filled dot: rank by pay for a member and month. Open diamond: rank by quality. The first rank is to the right."
        charts.append(dots(f"ranks-{sections.slug(terms)}-{sections.slug(period)}", finding, summary, lines))
    return charts
