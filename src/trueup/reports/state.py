"""The state's summary of one program's run: what was settled, what was left out and why, and whether every claim line has its place."""

from __future__ import annotations

from collections import defaultdict

from trueup.reports import sections, words
from trueup.reports.charts import Line, Mark, bars
from trueup.reports.figures import average, must_equal
from trueup.reports.grid import Answer, Cell, Chart, Column, Grid, Link, Page, Rows, Section
from trueup.reports.practice import Practice, PracticePeriod, why_unsettled
from trueup.reports.settled import result_row
from trueup.reports.source import Row, RunData, is_retained
from trueup.reports.state_lines import conservation, warnings

# A chart with more rows than this is not readable; the table below it holds all of them.
_MOST_BARS = 40
_OWNED = (
    "Settled with the accountable practice",
    "Of an accountable practice, not settled",
    "Of a practice that cannot be accountable",
    "Of no practice",
)


def state_summary(run: RunData, practices: list[Practice], hrefs: dict[str, str]) -> Page:
    """The page for state staff. `hrefs` leads from an entity to its statement."""
    return Page(
        title=f"State summary: {run.title}",
        heading="State summary",
        subtitle=run.subtitle,
        answers=[_answer(run, practices)],
        sections=[
            *missing(run),
            _results(run, practices, hrefs),
            _attrition(run),
            conservation(run),
            warnings(run),
            _gates(run),
            *sections.payments(run),
            sections.cliffs(run),
            sections.assumed(run),
            sections.definitions(),
            sections.versions(run),
        ],
        back=Link("All programs", "../index.html"),
        about=sections.version_facts(run),
    )


def _answer(run: RunData, practices: list[Practice]) -> Answer:
    periods = [period for practice in practices for period in practice.periods]
    settled = [period for period in periods if period.settlements]
    held = sum(period.is_held for period in settled)
    paid = [period.payable_cents for period in settled if period.payable_cents > 0]
    owed = [-period.payable_cents for period in settled if period.payable_cents < 0]
    counted, found = sum(len(period.counted) for period in periods), sum(len(period.episodes) for period in periods)
    status = run.standing
    nothing = len(settled) - len(paid) - len(owed) - held
    results = f"{len(paid):,} to be paid, {len(owed):,} owed, {nothing:,} without a payment, {held:,} on hold"
    sentence = f"The program pays {words.money(sum(paid))} and recovers {words.money(sum(owed))}"
    return Answer(
        sentence if settled else "Nothing is settled in this run",
        [
            ("Status", status),
            ("Data through", words.day(run.as_of)),
            ("Results", f"{results}. One result is one practice in one period."),
            ("Episodes that count", f"{counted:,} of {found:,} that belong to these practices in these periods"),
            ("Episodes found", f"{len(run.episodes):,} in all periods and outside them"),
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
        for r in run.refusals
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
    of_episodes = run.has("episodes") or run.kind.endswith("_episode")
    text = [] if not of_episodes or any(e["period"] in run.performance_periods for e in run.episodes) else [_no_episode(run)]
    return [Section("missing", "What was not settled, and what is missing", text, [], shown)] if shown or text else []


def _no_episode(run: RunData) -> str:
    periods = words.listed([sections.period_words(run, period) for period in run.performance_periods])
    return f"No episode lies in a period that settles{': ' + periods if periods else ''}."


def _sentence(value: object) -> str:
    return words.humanize(str(value or "No reason was recorded"))


# --- results ----------------------------------------------------------------------------------------------------------------------


def why(period: PracticePeriod) -> str:
    """The reasons of the settlements in words, each once; without a settlement, why there is none."""
    if not period.settlements:
        return why_unsettled(period)
    return "; ".join(dict.fromkeys(words.result(row["reason"] or "") for row in period.settlements))


def _results(run: RunData, practices: list[Practice], hrefs: dict[str, str]) -> Section:
    parts: list[Section] = []
    periods = dict.fromkeys(period.period for practice in practices for period in practice.periods)
    for period_id in periods:
        mine = [(practice, period) for practice in practices for period in practice.periods if period.period == period_id]
        parts.append(_period_results(run, period_id, mine, hrefs))
    text = [] if parts else ["No practice has an episode in a period of this program."]
    return Section("results", "Results by practice", text, parts=parts)


def _period_results(run: RunData, period_id: str, mine: list[tuple[Practice, PracticePeriod]], hrefs: dict[str, str]) -> Section:
    """One row per practice, and per cohort where the program has more than one. Costs are those of the settled episodes; where the period
    settles nothing, of the episodes that count."""
    slug, by_cohort = sections.slug(period_id), len(run.cohorts) > 1
    is_settled = any(period.settlements for _, period in mine)
    which = "settled episodes" if is_settled else "episodes that count"
    columns = (
        Column("practice", "Practice"),
        *((Column("group", "Group"),) if by_cohort else ()),
        Column("found", "Episodes found", "count", total=True),
        Column("counted", "Episodes that count", "count", total=True),
        *((Column("settled", "Episodes settled", "count", total=True),) if is_settled else ()),
        Column("average", f"Average cost of {which}", "money"),
        Column("cost", f"Cost of {which}", "money", total=True),
        Column("expected", "Expected cost of them", "money", total=True),
        Column("result", "Result", "money", total=True),
        Column("status", "Status"),
        Column("why", "Why"),
    )
    rows: Rows = []
    for practice, period in mine:
        cohorts = sorted({str(e["cohort"] or "") for e in period.episodes} | {s["cohort"] for s in period.settlements})
        for cohort in cohorts if by_cohort else [None]:
            group = [words.humanize(cohort or "")] if by_cohort else []
            link = Link(practice.name, hrefs.get(practice.entity_id, ""))
            rows.append([link, *group, *_result_cells(period.narrowed(cohort), is_settled)])
    source = f"{run.program}/settlements/{period_id}"
    stored = [row for row in run.settlements if row["period"] == period_id]
    result, cost = (next(i for i, c in enumerate(columns) if c.key == key) for key in ("result", "cost"))
    must_equal("results of all practices", _sum(rows, result), sum(row["amount_cents"] or 0 for row in stored), source)
    if is_settled:
        must_equal("settled cost of all practices", _sum(rows, cost), sum(row["actual_amount_cents"] or 0 for row in stored), source)
    grid = Grid(
        f"results_{slug}",
        f"Practices in {sections.period_name(period_id)}",
        columns,
        rows,
        note="A row compares settled episodes only. Episodes that count and are not settled are listed below, under episodes left."
        if is_settled
        else "Nothing is settled in this period, so there is nothing to compare with.",
    )
    bars_of = [(practice, period.payable_cents) for practice, period in mine if period.settlements and period.payable_cents]
    charts = [_result_chart(slug, period_id, sorted(bars_of, key=lambda item: (-item[1], item[0].entity_id)))] if bars_of else []
    return Section(f"results-{slug}", sections.period_words(run, period_id), [], charts, [grid])


def _result_cells(part: PracticePeriod, is_settled: bool) -> list[Cell]:
    """Counts, costs and the result of a practice and period, or of one cohort of it."""
    amount, status = result_row(part)
    expected = [row["expected_amount_cents"] for row in part.settlements]
    number = sum(row["unit_count"] for row in part.settlements) if is_settled else len(part.counted)
    cost = sum(row["actual_amount_cents"] or 0 for row in part.settlements) if is_settled else part.cost_cents
    return [
        len(part.episodes),
        len(part.counted),
        *([number] if is_settled else []),
        average(cost, number) if number else None,
        cost if number else None,
        sum(e or 0 for e in expected) if expected else None,
        amount,
        status,
        why(part),
    ]


def _sum(rows: Rows, index: int) -> int:
    return sum(value for row in rows if isinstance(value := row[index], int))


def _result_chart(slug: str, period_id: str, amounts: list[tuple[Practice, int]]) -> Chart:
    shown = amounts[:_MOST_BARS]
    more = len(amounts) - len(shown)
    lines = [
        Line(
            practice.run.names.get(practice.entity_id, practice.entity_id),
            f"{'receives' if cents > 0 else 'owes'} {words.money_whole(abs(cents))}",
            [Mark(cents)],
        )
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
    order = dict.fromkeys([*run.performance_periods, *sorted(by_period, key=lambda period: (period not in run.periods, period))])
    parts = [_attrition_part(run, period, by_period[period]) for period in order if period in by_period]
    text = ["Each rule takes out the episodes it is the first to meet. What is left then belongs to a practice, or does not count."]
    return Section("attrition", "From episodes found to episodes that count", text if parts else ["No episode was found."], parts=parts)


def _attrition_part(run: RunData, period: str, rows: list[Row]) -> Section:
    slug, name = sections.slug(period), sections.period_name(period)
    columns = (
        Column("position", "Step", "count"),
        Column("reason", "Taken out because"),
        Column("removed", "Episodes taken out", "count", total=True),
        Column("removed_amount", "Dollars taken out", "money", total=True),
        Column("left", "Episodes left", "count"),
        Column("left_amount", "Dollars left", "money"),
    )
    amounts = ("episodes_removed", "removed_amount_cents", "episodes_left", "left_amount_cents")
    cells: Rows = [[r["position"], _attrition_reason(r["reason"]), *(r[amount] for amount in amounts)] for r in rows]
    grids = [
        Grid(f"attrition_{slug}", f"Episodes and dollars left after each rule, {name}", columns, cells),
        _owners(run, period, rows[-1]),
    ]
    charts = [_attrition_chart(slug, rows)] if period in run.periods else []
    return Section(f"attrition-{slug}", sections.period_words(run, period), [], charts, grids)


def _attrition_chart(slug: str, rows: list[Row]) -> Chart:
    lines = [
        Line(_attrition_reason(r["reason"]), f"{r['episodes_left']:,} left", [Mark(r["episodes_left"])])
        for r in rows
        if r["episodes_removed"] or r is rows[0]
    ]
    first, last = rows[0]["episodes_left"] + rows[0]["episodes_removed"], rows[-1]["episodes_left"]
    finding = f"{last:,} of {words.plural(first, 'episode')} are left after every rule"
    summary = "One bar for each rule that took out episodes: how many were left after it, in rule order."
    return bars(f"attrition-{slug}", finding, summary, lines)


def _owners(run: RunData, period: str, last: Row) -> Grid:
    """The episodes that no rule took out, by what became of them; they are the last step's, in number and dollars."""
    settled = {(s["entity_id"], s["cohort"]) for s in run.settlements if s["period"] == period}
    found: dict[str, list[int]] = {text: [0, 0] for text in _OWNED}
    for e in run.episodes:
        if e["period"] == period and not e["exclusion_reasons"]:
            key = (e["accountable_entity_id"], e["cohort"])
            spot = found[_OWNED[0 if key in settled and is_retained(e) else 1 if key[0] else 2 if e["attributed_entity_id"] else 3]]
            spot[0] += 1
            spot[1] += e["total_cost_cents"] or 0
    source = f"{run.program}/attrition/{period}"
    must_equal("episodes left", sum(count for count, _ in found.values()), last["episodes_left"], source)
    must_equal("dollars left", sum(cents for _, cents in found.values()), last["left_amount_cents"], source)
    columns = (
        Column("what", "What became of the episodes left"),
        Column("episodes", "Episodes", "count", total=True),
        Column("dollars", "Dollars", "money", total=True),
    )
    rows: Rows = [[text, count, cents] for text, (count, cents) in found.items()]
    return Grid(f"episodes_left_{sections.slug(period)}", f"Episodes left, {sections.period_name(period)}", columns, rows)


def _attrition_reason(code: str | None) -> str:
    return "All episodes found" if code in (None, "", "start", "all", "found") else words.reason(str(code))


def _gates(run: RunData) -> Section:
    rows: Rows = [
        [
            run.name(g["entity_id"]),
            g["period"],
            "Met: accountable" if g["accountable"] else f"Not met: {words.inline(words.reason(g['reason'] or ''))}",
            words.provider_type(g["provider_type"]),
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
