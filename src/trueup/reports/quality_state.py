"""The state's quality page: every scorecard, each measure over all entities, its trend, gaps between groups, and the reports that came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trueup.reports import sections, words
from trueup.reports import words_quality as said
from trueup.reports.charts import Line, Mark, bars, dots
from trueup.reports.figures import percent
from trueup.reports.frame import STAFF, state_page
from trueup.reports.grid import Answer, Cell, Chart, Column, Grid, Link, Page, Rows, Section
from trueup.reports.quality_data import Quality, Scorecard
from trueup.reports.quality_sections import SLOT_COLUMNS, TERMS, groups_section, slot_cells, still_open
from trueup.reports.source import RunData

_MOST_BARS = 40


def quality_state(quality: Quality, hrefs: Mapping[str, str], *, detail: bool = False) -> Page:
    """The page for state staff. `hrefs` leads from an entity to its statement; `detail` shows small groups too."""
    run = quality.run
    body = [
        *[_period(quality, period, hrefs, detail) for period in quality.periods],
        *_trend(quality),
        *_reports(quality, hrefs),
    ]
    return state_page(run, "Quality", [_answer(quality)], body, terms=TERMS, back=Link("State summary", "state.html"))


def _answer(quality: Quality) -> Answer:
    run = quality.run
    with_score = {c.period for c in quality.cards.values() if c.score and c.score["score"] is not None}
    latest = next((p for p in quality.periods if p in with_score), quality.periods[0] if quality.periods else "")
    cards = [c for c in quality.cards.values() if c.period == latest and c.score and c.counting]
    states = Counter(c.gate["state"] for c in cards if c.gate)
    scored = [c for c in cards if c.score and c.score["score"] is not None]
    facts: list[tuple[str, str | Link]] = [
        ("Status", run.standing),
        ("Data through", words.day(run.as_of)),
        ("Periods", words.listed([sections.period_name(p) for p in quality.periods])),
    ]
    if states:
        parts = [f"{states[state]:,} {text}" for state, text in (("passed", "passed"), ("failed", "not passed"), ("missing", "awaited"))]
        facts.append(("The gate", ", ".join(parts)))
    facts += [("Results", "Counted by our own definitions from claims, or as reported. No result is a HEDIS result."), ("For", STAFF)]
    sentence = f"{len(scored):,} of {len(cards):,} scorecards of {sections.period_name(latest)} have a score"
    return Answer(sentence if cards else "Measures are shown; no score is made of them", facts)


def _name(run: RunData, entity_id: str, hrefs: Mapping[str, str]) -> Cell:
    href = hrefs.get(entity_id)
    return Link(run.name(entity_id), href) if href else run.name(entity_id)


# --- one period -----------------------------------------------------------------------------------------------------------------------


def _period(quality: Quality, period: str, hrefs: Mapping[str, str], detail: bool) -> Section:
    slug, run = sections.slug(period), quality.run
    cards = [card for card in quality.cards.values() if card.period == period]
    grids = [_scores(run, cards, slug, hrefs), _measures(quality, cards, period, slug), _slots(quality, cards, period, slug)]
    gaps = groups_section(quality, quality.gaps_of_all(period), f"all_{slug}", detail=detail)
    return Section(
        f"quality-{slug}",
        sections.period_words(run, period),
        still_open(run, period),
        _score_chart(run, cards, slug),
        [g for g in grids if g.rows],
        gaps,
    )


def _scores(run: RunData, cards: list[Scorecard], slug: str, hrefs: Mapping[str, str]) -> Grid:
    columns = (
        Column("entity", "Who"),
        Column("score", "Score", "stated"),
        Column("due", "Measures", "count"),
        Column("scored", "With a score", "count"),
        Column("attained", "Met", "count"),
        Column("gate", "Gate by the scorecard"),
        Column("multiplier", "Its multiplier", "stated"),
        Column("delivered", "Delivered instead"),
        Column("status", "Status"),
    )
    rows: Rows = []
    for card in cards:
        score = card.score
        if score is not None and card.counting:
            gate = said.named(said.GATES, card.gate["state"]) if card.gate else "No gate of its own"
            numbers: list[Cell] = [score[key] for key in ("measures_due", "measures_scored", "measures_attained")]
            status = said.score_status(score["status"], score["reason"])
            outside = (card.delivered(card.gate["gate"]) if card.gate else None) or ""
            rows.append(
                [
                    _name(run, card.entity_id, hrefs),
                    said.share(score["score"]),
                    *numbers,
                    gate,
                    said.share(score["multiplier"]),
                    outside,
                    status,
                ]
            )
    return Grid(f"scores_{slug}", "Every scorecard", columns, rows)


def _score_chart(run: RunData, cards: list[Scorecard], slug: str) -> list[Chart]:
    known = [(c, c.score["score"]) for c in cards if c.score and c.score["score"] is not None and c.counting]
    known.sort(key=lambda item: (-item[1], item[0].entity_id))
    if not known:
        return []
    shown = known[:_MOST_BARS]
    lines = [Line(run.names.get(c.entity_id, c.entity_id), said.percent_text(score), [Mark(int(score * 10_000))]) for c, score in shown]
    low, high = (said.percent_text(value) for value in (known[-1][1], known[0][1]))
    finding = f"Scores go from {low} to {high}" if len(known) > 1 else f"The only score is {high}"
    tail = f" The first {len(shown)} are drawn; the table holds {len(known) - len(shown)} more." if len(known) > len(shown) else ""
    return [bars(f"scores-{slug}", finding, f"One bar for each scorecard with a score, the highest first.{tail}", lines)]


def _measures(quality: Quality, cards: list[Scorecard], period: str, slug: str) -> Grid:
    """Each measure over everybody: how many met it, how results spread, and why some have none."""
    run = quality.run
    together = quality.state_rates(period)
    statuses: dict[str, Counter[str]] = {}
    uses: dict[str, str] = {}
    for card in cards:
        for row in card.slots:
            statuses.setdefault(row["measure_id"], Counter())[row["status"]] += 1
            uses[str(row["measure_id"])] = said.named(said.USES, row["measure_use"])
    others = {m for (_, when, m) in quality.rates if when == period} - statuses.keys()
    columns = (
        Column("measure", "Measure"),
        Column("use", "What it is for"),
        Column("numerator", "Met", "count"),
        Column("denominator", "Of", "count"),
        Column("result", "All together", "stated"),
        Column("entities", "With enough cases", "count"),
        Column("lowest", "Lowest", "stated"),
        Column("middle", "Middle", "stated"),
        Column("highest", "Highest", "stated"),
        Column("too_few", "Too few to score", "count"),
        Column("not_reported", "Not reported", "count"),
    )
    rows: Rows = []
    for measure in [*statuses, *sorted(others)]:
        numerator, denominator = together.get(measure, (None, None))
        result = said.ratio(numerator, denominator) if numerator is not None and denominator else None
        spread, statistic = quality.spread(period, measure), quality.statistic(measure)
        middle: list[Cell] = [spread[0], *(said.share(v, statistic) for v in spread[1:])] if spread else [None] * 4
        found = statuses.get(measure, Counter())
        head: list[Cell] = [run.measure(measure), uses.get(measure, "Counted beside the scorecard"), numerator, denominator]
        rows.append([*head, result, *middle, found["too_few"], found["not_reported"]])
    note = "Lowest, middle and highest are given where 11 or more have results from 11 or more cases."
    return Grid(f"measures_{slug}", "Every measure, all together", columns, rows, note=note)


def _slots(quality: Quality, cards: list[Scorecard], period: str, slug: str) -> Grid:
    columns = (Column("entity_id", "Id"), Column("entity", "Who"), *SLOT_COLUMNS)
    rows: Rows = [
        [card.entity_id, quality.run.names.get(card.entity_id, ""), *slot_cells(quality, row)] for card in cards for row in card.slots
    ]
    return Grid(f"all_measures_{slug}", f"Every measure of every scorecard, {sections.period_name(period)}", columns, rows, on_page=False)


# --- trend and reports ----------------------------------------------------------------------------------------------------------------


def _trend(quality: Quality) -> list[Section]:
    """Each share over all entities by period; no section where there is one period only."""
    run = quality.run
    order = [p for p in run.periods if any(when == p for _, when, _ in quality.rates)]
    if len(order) < 2:
        return []
    by_period = {period: quality.state_rates(period) for period in order}
    measures = sorted({m for rates in by_period.values() for m in rates}, key=run.measure)
    columns = (
        Column("measure", "Measure"),
        Column("period", "Period"),
        Column("numerator", "Met", "count"),
        Column("denominator", "Of", "count"),
        Column("result", "Result", "stated"),
    )
    rows: Rows = []
    lines: list[Line] = []
    for measure in measures:
        seen: list[tuple[str, int, int]] = [(p, *by_period[p][measure]) for p in order if measure in by_period[p]]
        for period, n, d in seen:
            rows.append([run.measure(measure), sections.period_name(period), n, d, said.ratio(n, d)])
        if len(seen) > 1:
            (_, n0, d0), (_, n1, d1) = seen[-2:]
            marks = [Mark(round(10_000 * n1 / d1)), Mark(round(10_000 * n0 / d0), "other")]
            lines.append(Line(run.measure(measure), f"{percent(n1, d1)}%, before {percent(n0, d0)}%", marks))
    charts = []
    if lines:
        summary = "Filled dot: the latest period. Open diamond: the period before it. Later periods may still rise as late claims arrive."
        charts = [
            dots("trend", f"{words.plural(len(lines), 'measure')} in the latest period and the one before", summary, lines[:_MOST_BARS])
        ]
    grid = Grid("trend", "Every measure, period by period", columns, rows)
    return [Section("trend", "How results changed", [], charts, [grid])]


def _reports(quality: Quality, hrefs: Mapping[str, str]) -> list[Section]:
    rows = [row for card in quality.cards.values() for row in card.reports]
    if not rows:
        return []
    counts = Counter((r["status"], r["reason"] or "") for r in rows)
    by_status = Grid(
        "report_counts",
        "Reports by what became of them",
        (Column("status", "Status"), Column("reports", "Reports", "count", total=True)),
        [[said.submission_status(*key), number] for key, number in sorted(counts.items())],
    )
    columns = (
        Column("entity", "Who"),
        Column("period", "Period"),
        Column("measure", "Measure"),
        Column("receipt", "Receipt"),
        Column("received", "Received", "date"),
        Column("status", "Status"),
    )
    refused: Rows = [
        [
            _name(quality.run, r["entity_id"], hrefs),
            sections.period_name(r["period"] or ""),
            quality.run.measure(r["measure_id"] or ""),
            r["receipt_id"],
            r["received_date"],
            said.submission_status(r["status"], r["reason"]),
        ]
        for r in rows
        if r["status"] == "rejected"
    ]
    grid = Grid(
        "reports_rejected",
        "Reports that were not accepted",
        columns,
        refused,
        empty="Every report was accepted or replaced by a later one.",
    )
    return [Section("reports", "Reports of measures", ["Every report has a receipt, accepted or not."], [], [by_status, grid])]
