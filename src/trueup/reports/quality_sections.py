"""The scorecard on a practice's own statement: the score, each measure in words, its reports with receipts, and its groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from trueup.reports import sections
from trueup.reports import words_quality as said
from trueup.reports.charts import Line, Mark, dots
from trueup.reports.grid import Cell, Chart, Column, Grid, Rows, Section
from trueup.reports.privacy import SMALLEST
from trueup.reports.quality_data import Quality, Scorecard, may_show
from trueup.reports.source import Row, RunData
from trueup.reports.words import humanize, inline

SLOT_COLUMNS = (
    Column("measure", "Measure"),
    Column("use", "What it is for"),
    Column("domain", "Part of the score", on_page=False),
    Column("result", "Result", "stated"),
    Column("numerator", "Met", "count"),
    Column("denominator", "Of", "count"),
    Column("threshold", "Threshold", "stated"),
    Column("benchmark", "Benchmark", "stated"),
    Column("baseline", "Your base", "stated", on_page=False),
    Column("points", "Points", "stated"),
    Column("maximum", "Of at most", "stated"),
    Column("weight", "Weight in the score", "stated"),
    Column("status", "Status"),
)
TERMS = (
    ("Threshold", "The result at which points begin."),
    ("Benchmark", "The result at which points are full."),
    ("Quality score", "The points of your measures by their weights, from 0% to 100%."),
    ("Gate", "A test that stands before a payment."),
)


def quality_sections(quality: Quality, entity_id: str, *, detail: bool = False, periods: Collection[str] | None = None) -> list[Section]:
    """One section per period with a scorecard, of `periods` where they are named; none where the program scores nothing."""
    return [_period(quality, card, detail) for card in quality.of(entity_id) if periods is None or card.period in periods]


def score_fact(quality: Quality, entity_id: str, period: str) -> list[tuple[str, str]]:
    """The score in one line, for the answer of a page; nothing without a scorecard of the period."""
    card = quality.cards.get((entity_id, period))
    return [("Quality", _sentence(card))] if card and card.counting and card.score else []


def still_open(run: RunData, period: str) -> list[str]:
    """A sentence where the period had not ended when the data did."""
    return ["This period had not ended when these data did. The results are those so far and will change."] if run.is_open(period) else []


def _sentence(card: Scorecard) -> str:
    score = card.score
    assert score is not None
    if score["score"] is None:
        return f"{said.score_status(score['status'], score['reason'])}."
    number = f"Your quality score is {said.percent_text(score['score'])}"
    gate = _gate_words(card)
    return f"{number}. {gate}" if gate else f"{number}."


def _gate_words(card: Scorecard) -> str:
    """What the score does to the payment, in a sentence; empty where the scorecard has no gate."""
    gate = card.gate
    if gate is None:
        return ""
    outside = card.delivered(gate["gate"])
    if outside is not None:
        return outside
    why = inline(said.named(said.SCORE_REASONS, gate["reason"]))
    state = inline(said.named(said.GATES, gate["state"]))
    text = f"Gate {inline(humanize(gate['gate']))}: {state}{f' ({why})' if why else ''}."
    if gate["multiplier"] is None:
        return text
    return f"{text} It multiplies the payment by {said.percent_text(gate['multiplier'])}."


def _period(quality: Quality, card: Scorecard, detail: bool) -> Section:
    run, slug = quality.run, sections.slug(card.period)
    text = still_open(run, card.period)
    if card.score and card.counting:
        text.append(_sentence(card))
        due, scored = card.score["measures_due"], card.score["measures_scored"]
        text.append(f"{scored} of {due} measures have a score; {card.score['measures_attained'] or 0} are met or reported in full.")
    elif card.slots:
        text.append("These measures make no score of their own: they are shown, or they earn points by case.")
    grids = [slot_grid(quality, card.slots, f"scorecard_{slug}", "Your measures")]
    grids += [_reports(run, card.reports, slug)] if card.reports else []
    charts = _chart(quality, card, slug)
    parts = groups_section(quality, card.gaps, slug, detail=detail)
    name = f"Your quality results of {sections.period_name(card.period)}"
    return Section(f"quality-{slug}", name, text, charts, [g for g in grids if g.rows], parts)


def slot_cells(quality: Quality, row: Row) -> list[Cell]:
    """One slot, in the order of `SLOT_COLUMNS`."""
    statistic = quality.statistic(row["measure_id"])
    rate = row["scored_rate"] if row["scored_rate"] is not None else row["rate"]
    if row["numerator"] is None and statistic == "proportion":  # an average that was reported, not a share of anybody
        statistic = "mean" if rate is not None and rate > 1 else statistic
    return [
        quality.run.measure(row["measure_id"]),
        said.named(said.USES, row["measure_use"]),
        humanize(row["domain"] or ""),
        said.share(rate, statistic),
        row["numerator"],
        row["denominator"],
        said.share(row["threshold_rate"], statistic),
        said.share(row["benchmark_rate"], statistic),
        said.share(row["baseline_rate"], statistic),
        said.share(row["points"], "number"),
        said.share(row["maximum_points"], "number"),
        said.share(row["effective_weight"] if row["effective_weight"] is not None else row["weight"]),
        said.slot_status(row["status"], row["reason"]),
    ]


def slot_grid(quality: Quality, slots: Sequence[Row], name: str, caption: str) -> Grid:
    rows: Rows = [slot_cells(quality, row) for row in slots]
    empty = [
        n for n, column in enumerate(SLOT_COLUMNS) if column.key in ("points", "maximum", "weight") and all(r[n] is None for r in rows)
    ]
    columns = tuple(Column(c.key, c.label, c.kind, on_page=c.on_page and n not in empty) for n, c in enumerate(SLOT_COLUMNS))
    return Grid(name, caption, columns, rows, note="Of: how many counted. Met: how many of them met the measure.")


def _chart(quality: Quality, card: Scorecard, slug: str) -> list[Chart]:
    """The results that are shares, beside what they are held against; nothing where no measure has both."""
    lines: list[Line] = []
    better = 0
    for row in card.slots:
        rate, goal = row["scored_rate"], row["benchmark_rate"] if row["benchmark_rate"] is not None else row["threshold_rate"]
        if rate is None or goal is None or quality.statistic(row["measure_id"]) != "proportion":
            continue
        higher = quality.run.measures.get(row["measure_id"], {}).get("direction") != "lower"
        better += rate >= goal if higher else rate <= goal
        text = f"{said.percent_text(rate)}, goal {said.percent_text(goal)}"
        lines.append(Line(quality.run.measure(row["measure_id"]), text, [Mark(int(rate * 10_000)), Mark(int(goal * 10_000), "other")]))
    if not lines:
        return []
    finding = f"{better} of {len(lines)} results are at their goal or better"
    summary = "Filled dot: your result. Open diamond: its goal, the benchmark where there is one. For some measures lower is better."
    return [dots(f"quality-{slug}", finding, summary, lines)]


def _reports(run: RunData, reports: Sequence[Row], slug: str) -> Grid:
    columns = (
        Column("receipt", "Receipt"),
        Column("measure", "Measure"),
        Column("group", "Group"),
        Column("received", "Received", "date"),
        Column("deadline", "Last day", "date"),
        Column("numerator", "Met", "count"),
        Column("denominator", "Of", "count"),
        Column("complete", "Complete", "stated"),
        Column("status", "Status"),
    )
    rows: Rows = [
        [
            r["receipt_id"],
            run.measure(r["measure_id"]),
            "Everybody" if r["stratum"] in (None, "", "all") else humanize(r["stratum"]),
            r["received_date"],
            r["deadline_date"],
            r["numerator"],
            r["denominator"],
            said.share(r["completeness"]),
            said.submission_status(r["status"], r["reason"]),
        ]
        for r in sorted(reports, key=lambda r: (str(r["received_date"] or ""), r["measure_id"] or "", r["receipt_id"]))
    ]
    note = "Each report has a receipt, accepted or not. A report that was not accepted can be sent again until its last day."
    return Grid(f"reports_{slug}", "Your reports and their receipts", columns, rows, note=note)


def groups_section(quality: Quality, gaps: Sequence[Row], slug: str, *, detail: bool = False) -> list[Section]:
    """Results by group of patients, small groups left out; no section without any."""
    if not gaps:
        return []
    columns = (
        Column("measure", "Measure"),
        Column("stratum", "Grouped by"),
        Column("group", "Group"),
        Column("result", "Result", "stated"),
        Column("people", "People", "count"),
        Column("reference", "Compared with"),
        Column("difference", "Difference", "stated"),
        Column("ratio", "Ratio", "stated"),
        Column("status", "Status"),
    )
    grid = Grid(f"groups_{slug}", "Results by group", columns, _group_rows(quality, gaps, detail))
    text = [
        "A gap between groups is shown so that it can be closed. Race and ethnicity never change a price.",
        f"A group of fewer than {SMALLEST} people is not shown, nor the next smallest where the total would give it away.",
    ]
    return [Section(f"groups-{slug}", "Results by group of patients", text, [], [grid])]


def _group_rows(quality: Quality, gaps: Sequence[Row], detail: bool) -> Rows:
    by_stratum: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in gaps:
        by_stratum[row["measure_id"], row["stratum"]].append(row)
    rows: Rows = []
    for (measure, stratum), mine in sorted(by_stratum.items()):
        shown = may_show({r["stratum_value"]: r["denominator"] or 0 for r in mine}, detail=detail)
        statistic = quality.statistic(measure)
        if statistic != "proportion":  # groups are counted, and a mean is no count
            continue
        for r in mine:
            head: list[Cell] = [quality.run.measure(measure), humanize(stratum), humanize(r["stratum_value"])]
            if r["stratum_value"] not in shown:
                rows.append([*head, None, None, "", None, None, "Too few to show (10 or fewer, or next to such a group)"])
                continue
            may_compare = r["status"] in ("compared", "ratio_undefined") and (
                r["reference_value"] in shown or r["reference_value"].startswith("(")
            )
            rows.append(
                [
                    *head,
                    said.share(r["rate"], statistic),
                    r["denominator"],
                    humanize(r["reference_value"].strip("()")) if may_compare else "",
                    said.share(r["gap_difference"], statistic) if may_compare else None,
                    said.share(r["gap_ratio"], "number") if may_compare else None,
                    said.named(said.GAPS, r["status"]),
                ]
            )
    return rows
