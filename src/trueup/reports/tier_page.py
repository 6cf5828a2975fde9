"""Tiers of hospitals as a price set froze them: points, composite, tier, what decided it, and what it pays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from trueup.reports import sections, words
from trueup.reports import words_quality as said
from trueup.reports.frame import STAFF, state_page
from trueup.reports.grid import Answer, Cell, Column, Grid, Link, Page, Rows, Section
from trueup.reports.program_data import named
from trueup.reports.source import Row
from trueup.reports.stay_data import ANY_HOSPITAL, Stays

DECIDED = {
    "score": "By its score",
    "insufficient_cases": "Too few cases: the tier that the rules name",
    "hold_harmless": "No lower than what it had",
    "appeal": "By a decision on its appeal",
    "none": "No tier",
}
FALLBACKS = {
    "insufficient_cases": "too few cases",
    "no_prior_period": "no year before it to compare with",
    "late_entry": "it joined after the measured year",
    "not_eligible": "its class has no tiers",
    "declined": "it did not join",
    "hold_harmless": "its tier would pay less than it had",
}
METRIC_STATUS = {"scored": "Scored", "too_few": "Too few cases to score", "blocked_by_gate": "No points: a metric that must hold did not"}
ENROLLED = {"enrolled": "In the program", "declined": "Did not join", "not_eligible": "Not eligible"}
RATES = {"tier_rate": "for a day", "tier_percent": "for each $100 of the claims"}


def tier_section(stays: Stays, entity_id: str) -> list[Section]:
    """The tier of one hospital, with the ladder from its metrics to its rate; no section where no price set names one."""
    mine = [t for t in stays.tiers if t["entity_id"] == entity_id]
    if not mine:
        return []
    grids = [Grid("tier", "Your tier", _tier_columns(who=False), [_tier_cells(stays, t) for t in mine]), _metrics(stays, mine)]
    for price in RATES:
        steps = stays.run.price_steps.get((entity_id, price, "all"), [])
        if steps:
            grids.append(sections.ladder("tier_steps", "From your metrics to your rate, step by step", steps))
    text = [
        "A tier is fixed once, before the year that it pays, from an earlier year. Later results do not change it.",
        sections.price_base(stays.run),
    ]
    return [Section("tier", "Your tier, and what it pays", [t for t in text if t], [], [g for g in grids if g.rows])]


def _tier_columns(*, who: bool) -> tuple[Column, ...]:
    return (
        *((Column("hospital", "Hospital"),) if who else ()),
        Column("payment_period", "Paid in"),
        Column("measurement_period", "Measured in"),
        Column("peer_group", "Peer group"),
        Column("enrollment", "Part in the program"),
        Column("composite", "Points, weighted", "stated"),
        Column("score", "Score compared", "stated"),
        Column("tier", "Tier"),
        Column("decided_by", "Decided by"),
        Column("fallback", "Why not by score", on_page=False),
        Column("rate", "Rate", "money"),
        Column("unit", "Rate is"),
        Column("from", "From", "date"),
        Column("through", "Through", "date"),
    )


def _tier_cells(stays: Stays, tier: Row) -> list[Cell]:
    prices = [p for p in stays.run.prices if p["entity_id"] == tier["entity_id"] and p["price"] in RATES]
    price = prices[0] if prices else None
    why = "; ".join(said.named(FALLBACKS, part) for part in (tier["fallback_reason"] or "").split(";") if part)
    said_already = tier["decided_by"] == tier["fallback_reason"]
    more = "; ".join(text for text in ("" if said_already else why, tier["reason"]) if text)
    decided = said.named(DECIDED, tier["decided_by"]) + (f" ({more})" if more else "")
    return [
        tier["payment_period"],
        tier["measurement_period"],
        words.humanize(tier["peer_group"] or ""),
        said.named(ENROLLED, tier["enrollment"]),
        said.share(tier["composite"], "exact"),
        said.share(tier["score"], "exact"),
        words.humanize(tier["tier"] or "none"),
        decided,
        why,
        price["amount_cents"] if price else None,
        RATES[price["price"]] if price else "No rate",
        price["effective_from"] if price else None,
        price["effective_to"] - timedelta(days=1) if price and price["effective_to"] else None,
    ]


def _metrics(stays: Stays, tiers: list[Row], hrefs: Mapping[str, str] | None = None) -> Grid:
    """Everything the points rest on."""
    columns = (
        *((Column("hospital", "Hospital"),) if hrefs is not None else ()),
        Column("period", "Measured in", on_page=False),
        Column("metric", "Metric"),
        Column("measure", "Counted as"),
        Column("cases", "Cases", "count"),
        Column("rate", "Result", "stated"),
        Column("prior_rate", "Year before", "stated", on_page=False),
        Column("peer_rate", "Peers", "stated"),
        Column("credibility", "Weight of your own", "stated", on_page=False),
        Column("scored_rate", "Result compared", "stated"),
        Column("threshold", "Points begin at", "stated"),
        Column("benchmark", "Points are full at", "stated"),
        Column("points", "Points of 10", "stated"),
        Column("weight", "Weight", "stated"),
        Column("status", "Status"),
    )
    rows: Rows = []
    for tier in tiers:
        for m in stays.metrics.get((tier["entity_id"], tier["measurement_period"]), []):
            statistic = stays.quality.statistic(m["measure_id"])
            rates: list[Cell] = [said.share(m[key], statistic) for key in ("rate", "prior_rate", "peer_rate")]
            compared: list[Cell] = [said.share(m[key], statistic) for key in ("scored_rate", "threshold", "benchmark")]
            who: list[Cell] = [] if hrefs is None else [named(stays.run, m["entity_id"], hrefs)]
            rows.append(
                [
                    *who,
                    m["measurement_period"],
                    words.humanize(m["metric"]),
                    stays.run.measure(m["measure_id"]),
                    m["cases"],
                    *rates,
                    said.share(m["credibility"]),
                    *compared,
                    said.share(m["points"], "exact"),
                    said.share(m["weight"]),
                    said.named(METRIC_STATUS, m["status"]),
                ]
            )
    return Grid("tier_metrics", "The metrics behind the tier", columns, rows)


def tier_page(stays: Stays, hrefs: Mapping[str, str]) -> Page:
    """Every hospital's tier, for state staff."""
    run, tiers = stays.run, stays.tiers
    counts: dict[str, int] = {}
    for t in tiers:
        if t["enrollment"] == "enrolled":
            counts[words.humanize(t["tier"] or "none")] = counts.get(words.humanize(t["tier"] or "none"), 0) + 1
    said_counts = words.listed([f"{number:,} in {words.inline(name)}" for name, number in sorted(counts.items())])
    few = sum(t["enrollment"] == "enrolled" and "insufficient_cases" in (t["fallback_reason"] or "") for t in tiers)
    facts: list[tuple[str, str | Link]] = [
        ("Status", f"{words.humanize(run.price_set_status or 'draft')} prices. {run.standing}"),
        ("Rests on", sections.price_base(run) or "The price set does not say."),
        ("Too few cases", words.plural(few, "hospital")),
        ("For", STAFF),
    ]
    rows: Rows = [[named(run, t["entity_id"], hrefs), *_tier_cells(stays, t)] for t in tiers]
    late: Rows = [
        [words.humanize(p["cohort"]), p["amount_cents"], RATES.get(p["price"], ""), p["effective_from"]]
        for p in run.prices
        if p["entity_id"] == ANY_HOSPITAL and p["price"] in RATES
    ]
    columns = (Column("group", "Peer group"), Column("rate", "Rate", "money"), Column("unit", "Rate is"), Column("from", "From", "date"))
    grids = [
        Grid("tiers", "Every hospital", _tier_columns(who=True), rows),
        _metrics(stays, tiers, hrefs),
        Grid("unknown_hospitals", "What a hospital that joins later is paid", columns, late),
        _steps(stays),
    ]
    sentence = f"{words.plural(sum(counts.values()), 'hospital has', 'hospitals have')} a tier{': ' + said_counts if said_counts else ''}"
    body = [Section("tiers", "Tiers", ["A tier is fixed once and stays for its year."], [], [g for g in grids if g.rows])]
    return state_page(run, "Tiers", [Answer(sentence, facts)], body, back=Link("State summary", "state.html"))


def _steps(stays: Stays) -> Grid:
    columns = (Column("hospital", "Hospital"), *sections.LADDER)
    rows: Rows = []
    for (entity, price, _), steps in sorted(stays.run.price_steps.items()):
        if price in RATES:
            rows += [[entity, *row] for row in sections.ladder("", "", steps).rows]
    return Grid("tier_steps", "From metrics to rates, every step", columns, rows, on_page=False)
