"""The state's monitoring page: what is held and why, flags with their reviews, a funnel for each rate, and the price of shifted groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trueup.reports import sections, words
from trueup.reports import words_quality as said
from trueup.reports.chart_funnel import FunnelPoint, funnel
from trueup.reports.frame import STAFF, state_page
from trueup.reports.grid import Answer, Cell, Chart, Column, Grid, Link, Page, Rows, Section
from trueup.reports.monitoring_data import Monitoring
from trueup.reports.monitoring_sections import NEUTRAL, check_grid, flag_grid, watch_grid, worth
from trueup.reports.source import Row

_MOST_LABELS = 6


def monitoring_state(monitoring: Monitoring, hrefs: Mapping[str, str]) -> Page:
    """The page for state staff. `hrefs` leads from an entity to its statement."""
    run = monitoring.run

    def named(entity_id: str) -> Cell:
        href = hrefs.get(entity_id)
        return Link(run.name(entity_id), href) if href else run.name(entity_id)

    every = check_grid(monitoring, monitoring.results, run.name, on_page=False)
    held = [g for g in monitoring.gates if g["state"] != "passed"]
    columns = (
        Column("practice", "Practice"),
        Column("period", "Period"),
        Column("gate", "Gate"),
        Column("state", "State"),
        Column("why", "Why"),
    )
    rows: Rows = [
        [
            named(g["entity_id"]),
            sections.period_name(g["period"]),
            words.humanize(g["gate"]),
            said.named(said.GATES, g["state"]),
            said.gate_reason(g["reason"]),
        ]
        for g in held
    ]
    body = [
        Section(
            "held",
            "What is held, and what is denied",
            ["A flag cuts nothing. It opens a review; a named person ends it, with the day and the evidence."],
            [],
            [
                Grid("held", "Gates that are not passed", columns, rows, empty="Nothing is held."),
                flag_grid(monitoring, monitoring.flags, named),
            ],
        ),
        *_by_check(monitoring),
        *_funnels(monitoring),
        *_watch(monitoring),
        Section("results", "Every result", ["The file lists every check of every practice."], [], [every]),
    ]
    open_flags = sum(f["status"] == "open" for f in monitoring.flags)
    facts: list[tuple[str, str | Link]] = [
        ("Flags", f"{len(monitoring.flags):,} in all, {open_flags:,} without a decision"),
        ("Held or denied", f"{words.plural(len(rows), 'gate')} not passed"),
        ("Data through", words.day(run.as_of)),
        *([("Groups", text)] if (text := worth(monitoring)) else []),
        ("For", STAFF),
    ]
    sentence = f"{words.plural(open_flags, 'flag waits', 'flags wait')} for a person" if open_flags else "No flag waits for a person"
    return state_page(run, "Monitoring", [Answer(sentence, facts)], body, back=Link("State summary", "state.html"))


def _by_check(monitoring: Monitoring) -> list[Section]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    kinds: dict[str, str] = {}
    for r in monitoring.results:
        counts.setdefault((r["period"], r["check_id"]), Counter())[r["status"]] += 1
        kinds[r["check_id"]] = r["kind"]
    if not counts:
        return []
    statuses = ("within", "flagged", "too_few", "waits_for_reports", "not_measured")
    columns = (
        Column("period", "Period"),
        Column("check", "Check"),
        Column("kind", "What it looks at"),
        *(Column(s, said.CHECKED[s].rstrip(" ✔✘"), "count", total=True) for s in statuses),
    )
    rows: Rows = [
        [
            sections.period_name(period),
            words.humanize(check),
            said.named(said.CHECKS, kinds[check]),
            *(found[s] for s in statuses),
        ]
        for (period, check), found in counts.items()
    ]
    return [Section("checks", "What was checked", [], [], [Grid("checks_summary", "Results by check", columns, rows)])]


def _funnels(monitoring: Monitoring) -> list[Section]:
    """A chart for each rate that is held against the peers, in each period, with its table."""
    found: dict[tuple[str, str], list[Row]] = {}
    for r in monitoring.results:
        if (
            r["kind"] == "funnel"
            and r["units"]
            and r["events"] is not None
            and r["observed"] is not None
            and r["status"] in ("within", "flagged")
        ):
            found.setdefault((r["period"], r["check_id"]), []).append(r)
    parts = [_funnel(monitoring, period, check, rows) for (period, check), rows in found.items()]
    text = ["The fewer the cases, the wider chance alone spreads a rate. Only what lies outside the limits is looked at."]
    return [Section("funnels", "Rates against the peers", text, parts=parts)] if parts else []


def _funnel(monitoring: Monitoring, period: str, check: str, rows: list[Row]) -> Section:
    run, slug = monitoring.run, sections.slug(f"{period} {check}")
    title = run.measure(rows[0]["measure_id"])
    flagged = [r for r in rows if r["flagged"]]
    names = {r["entity_id"] for r in flagged[:_MOST_LABELS]}
    points = [
        FunnelPoint(
            r["units"], r["events"], r["low_limit_95"], r["high_limit_95"], r["low_limit_998"], r["high_limit_998"], bool(r["flagged"]),
            run.names.get(r["entity_id"], r["entity_id"]) if r["entity_id"] in names else "",
        )
        for r in rows
    ]  # fmt: skip
    expected = sorted(float(r["expected"]) for r in rows)[len(rows) // 2]
    finding = f"{title}: {len(flagged)} of {words.plural(len(rows), 'practice')} flagged"
    summary = (
        "One mark for each practice: its share over its number of cases. A filled diamond is flagged, an open circle is not. The thick"
        " bar holds 95% of what chance gives, the thin bar 99.8%. The dashed line is what the middle practice is held against."
    )
    columns = (
        Column("practice", "Practice"),
        Column("units", "Cases", "count"),
        Column("events", "Of them", "count"),
        Column("observed", "Share", "stated"),
        Column("expected", "Expected", "stated"),
        Column("low_95", "From (95%)", "count"),
        Column("high_95", "To (95%)", "count"),
        Column("low_998", "From (99.8%)", "count"),
        Column("high_998", "To (99.8%)", "count"),
        Column("status", "Result"),
    )
    cells: Rows = [
        [
            run.name(r["entity_id"]),
            r["units"],
            r["events"],
            said.share(r["observed"]),
            said.share(r["expected"]),
            *(r[f"{side}_limit_{level}"] for level in ("95", "998") for side in ("low", "high")),
            said.check_status(r["status"], r["reason"]),
        ]
        for r in rows
    ]
    chart: Chart = funnel(f"funnel-{slug}", finding, summary, points, expected)
    grid = Grid(f"funnel_{slug}", f"{title}, {sections.period_name(period)}", columns, cells)
    return Section(f"funnel-{slug}", f"{words.humanize(check)}, {sections.period_name(period)}", [], [chart], [grid])


def _watch(monitoring: Monitoring) -> list[Section]:
    if not monitoring.watch:
        return []
    run = monitoring.run
    grid = watch_grid(monitoring, run.name)
    text = [NEUTRAL, *([worth(monitoring)] if worth(monitoring) else [])]
    return [Section("migration", "Shifts between groups of patients", text, [], [grid])]
