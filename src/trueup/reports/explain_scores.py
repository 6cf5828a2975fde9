"""Explains scores, contracts, pools and tiers: from an amount to its ladder, the measures behind it, and the claims that show them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from trueup.money import parse_cents, to_places
from trueup.reports import sections, words
from trueup.reports import words_quality as said
from trueup.reports.explanation import Part, closed
from trueup.reports.grid import Column, Grid, Rows
from trueup.reports.quality_data import Quality
from trueup.reports.quality_sections import SLOT_COLUMNS, slot_cells
from trueup.reports.source import Row, RunData
from trueup.reports.steps_kinds import OF_CONTRACTS

TABLES = ("quality_scores", "measure_scores", "measure_rates", "measure_counts", "case_points", "point_pools", "settlement_pools")
_MOST_UNITS = 200


def score_parts(run: RunData, entity_id: str, period: str) -> list[Part]:
    """The scorecard of an entity and period, then each measure down to the claims that show it; nothing where there is none."""
    quality = Quality(run)
    card = quality.cards.get((entity_id, period))
    if card is None:
        return []
    rows: Rows = [slot_cells(quality, row) for row in card.slots]
    sums = []
    where = f"quality_scores/{entity_id},{period}"
    text = ["No score is made of these measures."]
    if card.score and card.counting:
        status = said.score_status(card.score["status"], card.score["reason"])
        score = card.score["score"]
        text = [f"{status}.", f"Score {said.percent_text(score)}." if score is not None else "It has no score, not even zero."]
        if card.score["status"] != "no_results":
            scored = sum(row["score"] is not None for row in card.counting)
            sums = [closed("Measures with a score", scored, card.score["measures_scored"], where, kind="count")]
    found = [Part(f"The scorecard of {sections.period_name(period)}", text, Grid("scorecard", "", SLOT_COLUMNS, rows), sums)]
    for measure in dict.fromkeys(row["measure_id"] for row in card.slots):
        found += measure_parts(run, quality, entity_id, period, measure)
    return found


def measure_parts(run: RunData, quality: Quality, entity_id: str, period: str, measure_id: str) -> list[Part]:
    """One measure of an entity and period: its counts, and each unit with what was found and the first claim that shows it."""
    rate = quality.rates.get((entity_id, period, measure_id))
    units = run.rows("measure_results", measure_id=measure_id, entity_id=entity_id, period=period)
    if rate is None and not units:
        return []
    title = f"{run.measure(measure_id)} ({measure_id})"
    if rate is not None and rate["source"] == "submission":
        text = f"The entity reported {rate['numerator']} of {rate['denominator']}; the report has a receipt, and no claim stands behind it."
        return [Part(title, [text])]
    where = f"measure_results/{measure_id},{entity_id},{period}"
    met, counted = sum(u["status"] == "numerator" for u in units), sum(u["status"] in ("numerator", "denominator") for u in units)
    sums, text = [], ["The run holds no single units of this measure."]
    if units and rate is not None and rate["statistic"] == "proportion":
        sums = [
            closed("Met the measure", met, rate["numerator"], where, kind="count"),
            closed("Counted", counted, rate["denominator"], where, kind="count"),
        ]
        exact = to_places(Fraction(met, counted), 6) if counted else Decimal(0)
        text = [f"{met} of {counted} is {said.percent_text(exact)}."] if counted else ["Nobody is counted."]
    elif units:
        text = [f"{counted} units are counted."]
    if len(units) > _MOST_UNITS:
        text.append(f"The first {_MOST_UNITS} of {len(units):,} units are listed.")
    return [Part(title, text, _units(run, measure_id, units[:_MOST_UNITS]), sums)]


def _units(run: RunData, measure_id: str, units: Sequence[Row]) -> Grid:
    """Each unit with its status and the first claim of each part that decided it."""
    wanted = {u["unit_id"] for u in units}
    shown: dict[str, list[str]] = {}
    for e in run.rows("measure_evidence", measure_id=measure_id) if wanted else []:
        if e["unit_id"] in wanted and e["is_met"] and e["part"] in ("numerator", "exclusions", "exceptions"):
            claim = f"claim {e['claim_id']}" if e["claim_id"] else f"{e['fact_value']}"
            day = f" on {e['first_date'].isoformat()}" if e["first_date"] else ""
            shown.setdefault(e["unit_id"], []).append(f"{words.inline(words.humanize(e['criterion']))}: {claim}{day}")
    columns = (Column("unit", "Unit"), Column("status", "Status"), Column("version", "Version"), Column("shown_by", "Shown by"))
    rows: Rows = [
        [u["unit_id"], words.humanize(u["status"]), u["version"], "; ".join(shown.get(u["unit_id"], []))]
        for u in sorted(units, key=lambda u: (u["status"] != "numerator", u["unit_id"]))
    ]
    return Grid("units", "", columns, rows)


def plain_settlement_parts(run: RunData, row: Row) -> list[Part]:
    """A settlement of a kind without episodes of its own: its ladder, its pool, the points or the scorecard it rests on."""
    entity_id, period, cohort = row["entity_id"], row["period"], row["cohort"]
    where = f"{run.program}/settlements/{entity_id},{period},{cohort}"
    steps = run.steps.get((entity_id, period, cohort), [])
    stated = [s["amount"] for s in steps if s["name"] == "amount" and s["unit"] == "dollars"]
    name = f"{period}{'' if cohort == 'all' else f', contract {cohort}'}"
    sums = [closed(f"Amount of the last step, {name}", parse_cents(stated[-1]), row["amount_cents"], where)] if stated else []
    status = f"{words.status(row['status'])}. {words.result(row['reason'] or '')}."
    base, own = sections.price_base(run), OF_CONTRACTS if run.kind == "panel" else None
    ladder = sections.ladder("ladder", "", steps, own=own)
    parts = [Part(f"How the settlement of {name} was worked out", [status, *([base] if base else [])], ladder, sums)]
    return [*parts, *_panel(run, row), *_pool(run, row), *_points(run, row), *score_parts(run, entity_id, period)]


def _panel(run: RunData, row: Row) -> list[Part]:
    """The panel whose cost the settlement compares."""
    groups = [g for g in run.rows("panel_groups", contract_id=row["cohort"]) if g["period"] == row["period"]]
    if not groups or not row["expected_amount_cents"]:
        return []
    where = f"panel_groups/{row['cohort']},{row['period']}"
    sums = [
        closed("Members", sum(g["members"] for g in groups), row["unit_count"], where, kind="count"),
        closed("Cost after the cut", sum(g["truncated_cost_cents"] for g in groups), row["actual_amount_cents"], where),
    ]
    columns = (Column("payer", "Payer"), Column("members", "Members", "count"), Column("months", "Months", "count"))
    columns = (*columns, Column("cost", "Cost", "money"), Column("counted", "After the cut", "money"))
    rows: Rows = [[g["payer"], g["members"], g["member_months"], g["cost_cents"], g["truncated_cost_cents"]] for g in groups]
    return [Part("The panel behind it", [], Grid("panel", "", columns, rows), sums)]


def _pool(run: RunData, row: Row) -> list[Part]:
    """Every part of the pools that the contract shares in, adding up to the pool."""
    mine = {s["pool_id"] for s in run.rows("pool_shares", contract_id=row["cohort"]) if s["period"] == row["period"]}
    parts: list[Part] = []
    for pool in run.rows("settlement_pools"):
        if pool["pool_id"] in mine and pool["period"] == row["period"]:
            parts.append(pool_part(run, pool))
    return parts


def pool_part(run: RunData, pool: Row) -> Part:
    """A pool and its parts. Raises CheckFailed (TRU-C042) where they do not add up."""
    shares = [s for s in run.rows("pool_shares", pool_id=pool["pool_id"]) if s["period"] == pool["period"]]
    columns = (Column("contract", "Contract"), Column("weight", "Weight"), Column("paid", "From the pool", "money"))
    rows: Rows = [[s["contract_id"], str(s["weight"]), s["paid_cents"]] for s in shares]
    where = f"settlement_pools/{pool['period']},{pool['pool_id']}"
    sums = [closed("Paid out of the pool", sum(s["paid_cents"] for s in shares), pool["paid_cents"], where)]
    if pool["status"] != "waits":
        sums.append(closed("The pool: paid and undistributed", pool["paid_cents"] + pool["undistributed_cents"], pool["pool_cents"], where))
    return Part(f"The pool {pool['pool_id']}", [], Grid("pool", "", columns, rows), sums)


def _points(run: RunData, row: Row) -> list[Part]:
    return points_parts(run, row["entity_id"], row["period"]) if run.has("case_points") else []


def points_parts(run: RunData, entity_id: str, period: str) -> list[Part]:
    """The points of an entity: each case and measure, with the first claim that shows it."""
    rows = run.rows("case_points", entity_id=entity_id, period=period)
    if not rows:
        return []
    columns = (
        Column("case", "Case"),
        Column("measure", "Measure"),
        Column("status", "Status"),
        Column("points", "Points", "rate"),
        Column("counts", "Counts"),
        Column("claim", "Claim"),
    )
    table: Rows = [
        [r["episode_id"], r["slot"], words.humanize(r["status"]), r["points"], "yes" if r["counted"] else r["reason"], r["claim_id"] or ""]
        for r in sorted(rows, key=lambda r: (r["episode_id"], r["slot"]))
    ]
    steps = run.steps.get((entity_id, period, "all"), [])
    stated = next((s["amount"] for s in steps if s["name"] == "points"), None)
    sums = []
    if stated is not None:
        total = sum((r["points"] for r in rows if r["counted"]), Decimal(0))
        sums = [closed("Points, in millionths", int(total * 10**6), int(Decimal(stated) * 10**6), f"case_points/{entity_id}", kind="count")]
    return [Part("The points behind it, case by case", [], Grid("points", "", columns, table), sums)]


def table_parts(run: RunData, table: str, row: Row) -> list[Part]:
    """What a row of one of `TABLES` is made of."""
    match table:
        case "quality_scores":
            return score_parts(run, row["entity_id"], row["period"])
        case "measure_scores" | "measure_rates" | "measure_counts":
            return measure_parts(run, Quality(run), row["entity_id"], row["period"], row["measure_id"])
        case "case_points":
            return measure_parts(run, Quality(run), row["entity_id"], row["period"], row["measure_id"])
        case "settlement_pools":
            return [pool_part(run, row)]
        case _:
            mine = [s for s in run.settlements if s["period"] == row["period"]]
            columns = (Column("entity", "Entity"), Column("amount", "Amount", "money"))
            rows: Rows = [[s["entity_id"], s["amount_cents"]] for s in mine]
            total = sum(s["amount_cents"] or 0 for s in mine)
            sums = [closed("Distributed", total, row["distributed_amount_cents"], f"point_pools/{row['period']}")]
            return [Part("Who shares the pool", [], Grid("shares", "", columns, rows), sums)]
