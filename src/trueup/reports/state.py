"""The state's summary of one program's run: what was settled, what was left out and why, and whether every claim line has its place."""

from __future__ import annotations

from collections import defaultdict

from trueup.reports import sections, words
from trueup.reports.charts import Line, Mark, bars
from trueup.reports.figures import average, must_equal
from trueup.reports.grid import Answer, Chart, Column, Grid, Link, Page, Rows, Section
from trueup.reports.practice import Practice, PracticePeriod
from trueup.reports.source import Row, RunData

# A chart with more rows than this is not readable; the table below it holds all of them.
_MOST_BARS = 40


def state_summary(run: RunData, practices: list[Practice], hrefs: dict[str, str]) -> Page:
    """The page for state staff. `hrefs` leads from an entity to its statement."""
    return Page(
        title=f"State summary: {run.title}",
        heading="State summary",
        subtitle=run.title,
        answers=[_answer(run, practices)],
        sections=[
            *missing(run),
            _results(run, practices, hrefs),
            _attrition(run),
            _conservation(run),
            _warnings(run),
            _gates(run),
            sections.assumed(run),
            sections.definitions(run),
            sections.versions(run),
        ],
        back=Link("All programs", "../index.html"),
        about=sections.version_facts(run),
    )


def _answer(run: RunData, practices: list[Practice]) -> Answer:
    periods = [period for practice in practices for period in practice.periods]
    settled = [period for period in periods if period.settlements]
    held = [period for period in settled if period.is_held]
    paid = [period.payable_cents for period in settled if not period.is_held and period.payable_cents > 0]
    owed = [-period.payable_cents for period in settled if not period.is_held and period.payable_cents < 0]
    sentence = (
        f"The program pays {words.money(sum(paid))} and recovers {words.money(sum(owed))}" if settled else "Nothing is settled in this run"
    )
    counted = sum(len(period.counted) for period in periods)
    return Answer(
        sentence,
        [
            (
                "Status",
                "Illustration, not a payment: some rules are assumed." if run.illustrative else "Calculated by the rules named below.",
            ),
            ("Data through", words.day(run.as_of)),
            (
                "Results",
                f"{len(paid):,} to be paid, {len(owed):,} owed, {len(settled) - len(paid) - len(owed) - len(held):,} without a payment, "
                f"{len(held):,} on hold; one result is one practice in one period.",
            ),
            ("Episodes that count", f"{counted:,} of {len(run.episodes):,} found in all periods, base period included."),
            ("For", "State staff. Small numbers are not hidden on this page; do not publish it."),
        ],
    )


def missing(run: RunData) -> list[Section]:
    """What a settlement would still need, in words; no section if nothing is missing."""
    columns = (Column("stage", "Step"), Column("status", "Status"), Column("reason", "What is missing"))
    stages: Rows = [[words.humanize(str(s.get("stage"))), "Stopped", _sentence(s.get("reason"))] for s in run.stopped]
    unknown: Rows = [[str(u.get("path")), str(u.get("reason") or "")] for u in run.listed("unknown")]
    refusals: Rows = [
        [
            run.name(str(r.get("entity_id") or "")) or "All practices",
            str(r.get("period") or "All periods"),
            str(r.get("code") or ""),
            str(r.get("message") or ""),
        ]
        for r in run.listed("refusals")
    ]
    grids = [
        Grid("stages_stopped", "Steps that stopped", columns, stages),
        Grid(
            "unknown_values",
            "Rule values that no source and no assumption gives",
            (Column("path", "Rule"), Column("reason", "Why it is unknown")),
            unknown,
        ),
        Grid(
            "refusals",
            "What the engine would not settle",
            (Column("practice", "Practice"), Column("period", "Period"), Column("code", "Code"), Column("message", "Why")),
            refusals,
        ),
    ]
    shown = [grid for grid in grids if grid.rows]
    return [Section("missing", "What is missing for a settlement", [], [], shown)] if shown else []


def _sentence(value: object) -> str:
    return words.humanize(str(value or "No reason was recorded"))


# --- results ----------------------------------------------------------------------------------------------------------------------


def result_row(period: PracticePeriod) -> tuple[int | None, str]:
    """The amount of a practice and period (None if there is none) and its status in words."""
    if not period.settlements:
        return None, "No settlement"
    if period.is_held:
        return None, words.STATUSES["held"]
    kind = "payable" if period.payable_cents > 0 else "owed" if period.payable_cents < 0 else "zero"
    return period.payable_cents, words.STATUSES[kind]


def _results(run: RunData, practices: list[Practice], hrefs: dict[str, str]) -> Section:
    parts: list[Section] = []
    periods = dict.fromkeys(period.period for practice in practices for period in practice.periods)
    for period_id in periods:
        mine = [(practice, period) for practice in practices for period in practice.periods if period.period == period_id]
        parts.append(_period_results(run, period_id, mine, hrefs))
    text = [] if parts else ["No practice has an episode in a period of this program."]
    return Section("results", "Results by practice", text, parts=parts)


def _period_results(run: RunData, period_id: str, mine: list[tuple[Practice, PracticePeriod]], hrefs: dict[str, str]) -> Section:
    slug = sections.slug(period_id)
    columns = (
        Column("practice", "Practice"),
        Column("found", "Episodes found", "count", total=True),
        Column("counted", "Episodes that count", "count", total=True),
        Column("average", "Average cost", "money"),
        Column("cost", "Total cost", "money", total=True),
        Column("expected", "Expected", "money", total=True),
        Column("result", "Result", "money", total=True),
        Column("status", "Status"),
    )
    rows: Rows = []
    for practice, period in mine:
        amount, status = result_row(period)
        expected = [row["expected_amount_cents"] for row in period.settlements]
        rows.append(
            [
                Link(practice.name, hrefs.get(practice.entity_id, "")),
                len(period.episodes),
                len(period.counted),
                average(period.cost_cents, len(period.counted)) if period.counted else None,
                period.cost_cents,
                sum(e or 0 for e in expected) if expected else None,
                amount,
                status,
            ]
        )
    paid = sum(period.payable_cents for _, period in mine if period.settlements and not period.is_held)
    stored = sum(row["amount_cents"] or 0 for row in run.settlements if row["period"] == period_id and row["status"] != "held")
    if not any(period.is_held for _, period in mine):
        must_equal("results of all practices", paid, stored, f"{run.program}/settlements/{period_id}")
    grid = Grid(
        f"results_{slug}",
        f"Practices in {sections.period_name(period_id)}",
        columns,
        rows,
        note="Episodes found may count twice: once for the practice attributed, once for the one accountable.",
    )
    bars_of = [(practice, period.payable_cents) for practice, period in mine if period.settlements and period.payable_cents]
    charts = [_result_chart(slug, period_id, sorted(bars_of, key=lambda item: (-item[1], item[0].entity_id)))] if bars_of else []
    return Section(f"results-{slug}", sections.period_words(run, period_id), [], charts, [grid])


def _result_chart(slug: str, period_id: str, amounts: list[tuple[Practice, int]]) -> Chart:
    shown = amounts[:_MOST_BARS]
    more = len(amounts) - len(shown)
    lines = [
        Line(practice.name, f"{'receives' if cents > 0 else 'owes'} {words.money_whole(abs(cents))}", [Mark(cents)])
        for practice, cents in shown
    ]
    receive, owe = sum(cents > 0 for _, cents in amounts), sum(cents < 0 for _, cents in amounts)
    receivers, owers = words.plural(receive, "practice receives", "practices receive"), words.plural(owe, "practice owes", "practices owe")
    finding = f"{receivers} money, {owers} money"
    tail = f" The first {len(shown)} are drawn; the table holds {more} more." if more else ""
    summary = f"One bar for each practice with a payment in {period_id}: filled to the right is received, hollow to the left is owed.{tail}"
    return bars(f"results-{slug}", finding, summary, lines)


# --- attrition --------------------------------------------------------------------------------------------------------------------


def _attrition(run: RunData) -> Section:
    by_period: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(run.rows("attrition"), key=lambda r: (r["period"] or "", r["position"])):
        by_period[row["period"] or ""].append(row)
    order = [*run.performance_periods, *sorted(by_period)]
    parts = [_attrition_part(run, period, by_period[period]) for period in dict.fromkeys(order) if period in by_period]
    text = ["Each rule takes out the episodes it is the first to meet. What is left at the end counts."]
    return Section("attrition", "From episodes found to episodes that count", text if parts else ["No episode was found."], parts=parts)


def _attrition_part(run: RunData, period: str, rows: list[Row]) -> Section:
    slug = sections.slug(period)
    columns = (
        Column("position", "Step", "count"),
        Column("reason", "Taken out because"),
        Column("removed", "Episodes taken out", "count", total=True),
        Column("removed_amount", "Dollars taken out", "money", total=True),
        Column("left", "Episodes left", "count"),
        Column("left_amount", "Dollars left", "money"),
    )
    cells: Rows = [
        [
            r["position"],
            _attrition_reason(r["reason"]),
            r["episodes_removed"],
            r["removed_amount_cents"],
            r["episodes_left"],
            r["left_amount_cents"],
        ]
        for r in rows
    ]
    lines = [
        Line(_attrition_reason(r["reason"]), f"{r['episodes_left']:,} left", [Mark(r["episodes_left"])])
        for r in rows
        if r["episodes_removed"] or r is rows[0]
    ]
    first, last = rows[0]["episodes_left"] + (rows[0]["episodes_removed"] or 0), rows[-1]["episodes_left"]
    finding = f"{last:,} of {words.plural(first, 'episode')} are left after every rule"
    chart = bars(
        f"attrition-{slug}", finding, "One bar for each rule that took out episodes: how many were left after it, in rule order.", lines
    )
    grid = Grid(f"attrition_{slug}", f"Episodes and dollars left after each rule, {sections.period_name(period)}", columns, cells)
    return Section(f"attrition-{slug}", sections.period_words(run, period), [], [chart], [grid])


def _attrition_reason(code: str | None) -> str:
    return "All episodes found" if code in (None, "", "start", "all", "found") else words.reason(str(code))


# --- where every line went --------------------------------------------------------------------------------------------------------


def _conservation(run: RunData) -> Section:
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


# --- warnings and gates -----------------------------------------------------------------------------------------------------------


def _warnings(run: RunData) -> Section:
    columns = (Column("code", "Code"), Column("rows", "Rows", "count"), Column("message", "What it means"))
    rows: Rows = [[str(f.get("code")), f.get("rows"), str(f.get("message") or "")] for f in run.listed("findings")]
    grid = Grid("findings", "Findings, counted", columns, rows, empty="No finding.")
    return Section(
        "findings", "Warnings about the claims", ["A finding does not stop a run. It tells what was read with care."], [], [grid]
    )


def _gates(run: RunData) -> Section:
    rows: Rows = [
        [
            run.name(g["entity_id"]),
            g["period"],
            "Met: accountable" if g["accountable"] else f"Not met: {words.reason(g['reason'] or '').lower()}",
            words.humanize(g["provider_type"] or ""),
            g["delivery_count"],
            g["counted_in"],
        ]
        for g in sorted(run.gates.values(), key=lambda g: (g["period"] or "", g["entity_id"]))
        if g["period"] in run.performance_periods
    ]
    columns = (
        Column("practice", "Practice"),
        Column("period", "Period"),
        Column("result", "Result"),
        Column("type", "Type"),
        Column("deliveries", "Deliveries", "count"),
        Column("counted_in", "Counted in"),
    )
    return Section("gates", "Who can be accountable", [], [], [Grid("entity_gates", "The test of each practice", columns, rows)])
