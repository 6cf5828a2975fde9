"""Monitoring on pages: checks, flags and their reviews, what is held, and the result at the mix of the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trueup.reports import sections
from trueup.reports import words_quality as said
from trueup.reports.grid import Cell, Column, Grid, Rows, Section
from trueup.reports.monitoring_data import NO_NUMBER, Monitoring
from trueup.reports.source import Row
from trueup.reports.words import humanize, inline, money

Named = Callable[[str], Cell]
NEUTRAL = (
    "Where more patients are put into the group that costs more, the average of both groups falls and a gain can be paid that nobody"
    " saved. The amount at the mix of the base takes that out. It is for information: it changes no payment."
)


def monitoring_section(monitoring: Monitoring, entity_id: str, *, groups_shown: bool = True) -> list[Section]:
    """What was checked of a practice, and what follows; no section where nothing was."""
    results, flags = monitoring.of("results", entity_id), monitoring.of("flags", entity_id)
    if not results and not flags:
        return []
    text = held_words(monitoring.of("gates", entity_id), flags)
    grids = [flag_grid(monitoring, flags, None), check_grid(monitoring, results)]
    watch = monitoring.of("watch", entity_id)
    if groups_shown and any(row["migration_neutral_cents"] is not None for row in watch):
        grids.append(_neutral(watch))
        text.append(NEUTRAL)
    return [Section("monitoring", "What is checked so that needed care is given", text, [], grids)]


def held_words(gates: Sequence[Row], flags: Sequence[Row]) -> list[str]:
    """What the checks do to the payment, in a sentence for each period."""
    text: list[str] = []
    for gate in gates:
        state = inline(said.named(said.GATES, gate["state"]))
        text.append(f"{sections.period_name(gate['period'])}: {state}. Why: {said.gate_reason(gate['reason'])}.")
    if any(f["status"] == "open" and f["effect"] == "hold" for f in flags):
        text.append("A flag is not a finding. Nothing is cut: payment waits until a named person has looked at it and decided.")
    return text


def flag_grid(monitoring: Monitoring, flags: Sequence[Row], entity: Named | None) -> Grid:
    """Flags and their reviews: who decided, when, on what evidence. `entity` names the practice where there are several."""
    columns = (
        *((Column("practice", "Practice"),) if entity else ()),
        Column("flag", "Flag"),
        Column("period", "Period"),
        Column("raised_by", "Raised by"),
        Column("why", "Why"),
        Column("effect", "What it does"),
        Column("status", "Review"),
        Column("reviewer", "By whom"),
        Column("decided_on", "Decided on", "date"),
        Column("evidence", "Evidence"),
    )
    rows: Rows = [
        [
            *([entity(f["entity_id"])] if entity else []),
            said.check_name(monitoring.run, f["flag_id"]),
            sections.period_name(f["period"]),
            "A check" if f["raised_by"] == "statistic" else "A person",
            said.check_reason(f["reason"]),
            said.named(said.EFFECTS, f["effect"]),
            said.named(said.FLAGS, f["status"]),
            f["reviewer"] or "Nobody yet",
            f["decided_on"],
            f["evidence"] or "",
        ]
        for f in sorted(flags, key=lambda f: (f["status"] != "open", f["period"], f["entity_id"], f["flag_id"]))
    ]
    return Grid("flags", "Flags and their reviews", columns, rows, empty="No flag is raised.")


def check_grid(monitoring: Monitoring, results: Sequence[Row], entity: Named | None = None, *, on_page: bool = True) -> Grid:
    """What each check found. Where it says too few, no number stands: it would be chance."""
    columns = (
        *((Column("practice", "Practice"),) if entity else ()),
        Column("check", "Check"),
        Column("kind", "What it looks at"),
        Column("period", "Period"),
        Column("units", "Counted", "count"),
        Column("events", "Of them", "count"),
        Column("observed", "Found", "stated"),
        Column("expected", "Expected", "stated"),
        Column("p_value", "Chance alone (p)", "stated", on_page=False),
        Column("adjusted_p_value", "Adjusted for many checks", "stated", on_page=False),
        Column("status", "Result"),
    )
    rows: Rows = [
        [*([entity(r["entity_id"])] if entity else []), *_check_head(monitoring, r), *_check_numbers(monitoring, r)] for r in results
    ]
    return Grid("checks", "What each check found", columns, rows, empty="Nothing was checked.", on_page=on_page)


def _check_head(monitoring: Monitoring, row: Row) -> list[Cell]:
    name = said.check_name(monitoring.run, row["check_id"])
    kind = said.named(said.CHECKS, row["kind"])
    return [name, kind, sections.period_name(row["period"])]


def _check_numbers(monitoring: Monitoring, row: Row) -> list[Cell]:
    status = said.check_status(row["status"], row["reason"])
    if row["status"] in NO_NUMBER:
        return [row["units"], None, None, None, None, None, status]
    statistic = "proportion" if row["events"] is not None else "mean"
    numbers = [said.share(row[key], statistic) for key in ("observed", "expected")]
    chance = [said.share(row[key], "exact") for key in ("p_value", "adjusted_p_value")]
    return [row["units"], row["events"], *numbers, *chance, status]


def _neutral(watch: Sequence[Row]) -> Grid:
    """A practice's amounts beside those at the mix of its base, one row per period."""
    seen = {r["period"]: r for r in watch if r["migration_neutral_cents"] is not None}
    columns = (
        Column("period", "Period"),
        Column("payable", "Your result", "money"),
        Column("neutral", "At the mix of your base", "money"),
        Column("difference", "Difference", "money"),
    )
    rows: Rows = [
        [sections.period_name(p), r["payable_cents"], r["migration_neutral_cents"], r["difference_cents"]] for p, r in sorted(seen.items())
    ]
    return Grid("neutral", "Your result at the mix of your base, for information", columns, rows)


def watch_grid(monitoring: Monitoring, entity: Named) -> Grid:
    """For state staff: the share of each cohort now and in the base, and both amounts."""
    columns = (
        Column("practice", "Practice"),
        Column("period", "Period"),
        Column("group", "Group"),
        Column("units", "Episodes in it", "count"),
        Column("all_units", "Of", "count"),
        Column("share", "Share", "stated"),
        Column("base_share", "Share in the base", "stated"),
        Column("payable", "Result", "money"),
        Column("neutral", "At the mix of the base", "money"),
        Column("difference", "Difference", "money"),
    )
    rows: Rows = [
        [
            entity(r["entity_id"]),
            sections.period_name(r["period"]),
            humanize(r["cohort"]),
            r["units"],
            r["all_units"],
            said.share(r["share"]),
            said.share(r["base_share"]),
            r["payable_cents"],
            r["migration_neutral_cents"],
            r["difference_cents"],
        ]
        for r in monitoring.watch
    ]
    note = "Amounts are of the practice, all groups together. They are stated once for each group."
    return Grid("migration", "Shares of the groups, and results at the mix of the base", columns, rows, note=note)


def worth(monitoring: Monitoring) -> str:
    """What the shift alone was worth over all practices, in a sentence; empty where nothing was paid for it."""
    seen = {(r["entity_id"], r["period"]): r["difference_cents"] for r in monitoring.watch if r["difference_cents"] is not None}
    total = sum(cents for cents in seen.values() if cents > 0)
    return f"The shift of patients between groups alone is worth {money(total)} of the results." if total else ""
