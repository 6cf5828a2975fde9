"""The acts over the finished tables of the flow: pricing a base period, and settling a performance period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal

from trueup.engine import DuckEngine, steps_of
from trueup.entity_grain import Participation, Price
from trueup.errors import CheckFailed
from trueup.pricing import build as pricing_build
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseEpisode, PriceSetContent
from trueup.rules.program import Program
from trueup.settlement import settle as settlement_settle
from trueup.settlement.inputs import Gate, SettlementResult, UnitGroup
from trueup.settlement.settle import settle

PRICING_STEPS = steps_of(pricing_build.__file__)
SETTLEMENT_STEPS = steps_of(settlement_settle.__file__)


def participation_of(engine: DuckEngine, program: Program) -> list[Participation]:
    """The program's roster as of the date."""
    rows = engine.rows("final_participation", order_by=("program", "entity_id", "joined_on"))
    return [
        Participation(r["entity_id"], r["joined_on"], r["left_on"], r["successor_entity_id"], r["election"])
        for r in rows
        if r["program"] == program.id
    ]


def price_period(engine: DuckEngine, program: Program, period_id: str) -> PriceSetContent:
    """Price a period from the finished episodes of the base period.

    Raises:
        Refused: see `trueup.pricing.build.price`.
    """
    for step in PRICING_STEPS:
        engine.run(step)
    base = [
        BaseEpisode(r["entity_id"], r["cohort"], r["total_cost_cents"], Decimal(r["risk_score"]))
        for r in engine.rows("base_episodes", order_by=("episode_id",))
    ]
    accountable = sorted({r["entity_id"] for r in engine.rows("entity_gates") if r["accountable"] and r["period"] == period_id})
    return price(program, base, accountable, participation_of(engine, program), program.period(period_id))


def group_units(engine: DuckEngine) -> None:
    """Mark the episodes whose entity took part, and sum them by entity, period and cohort."""
    for step in SETTLEMENT_STEPS:
        engine.run(step)


def settle_period(
    engine: DuckEngine, program: Program, period_id: str, prices: Iterable[Price], base_units: dict[tuple[str, str], int], as_of: date
) -> SettlementResult:
    """Settle a period from the grouped episodes. Raises what `trueup.settlement.settle.settle` raises."""
    names = [f.name for f in fields(UnitGroup)]
    groups = [
        UnitGroup(**{n: r[n] for n in names})
        for r in engine.rows("unit_groups", order_by=("entity_id", "period", "cohort"))
        if r["period"] == period_id
    ]
    gates = [
        Gate(r["entity_id"], r["period"], r["gate"], r["passed"], r["score"], r["multiplier"])
        for r in engine.rows("visible_gate_results", order_by=("entity_id", "period", "gate"))
        if r["program"] == program.id
    ]
    stays = participation_of(engine, program)
    result = settle(program, program.period(period_id), groups, list(prices), gates, stays, as_of=as_of, base_units=base_units)
    _require_complete(engine, period_id, groups, result)
    return result


def _require_complete(engine: DuckEngine, period_id: str, groups: list[UnitGroup], result: SettlementResult) -> None:
    """Every retained unit of an accountable entity is settled, refused, or was assigned while the entity did not take part."""
    answered = {(s.entity_id, s.cohort) for s in result.settlements} | {(r.entity_id, r.cohort) for r in result.refusals}
    unanswered = [g for g in groups if (g.entity_id, g.cohort) not in answered]
    expected = sum(r["units"] for r in engine.rows("units_to_settle") if r["period"] == period_id)
    found = sum(g.unit_count for g in groups)
    if unanswered or expected != found:
        message = f"settlement of {period_id}: {expected} units to settle, {found} grouped, {len(unanswered)} groups without an answer."
        raise CheckFailed("TRU-C002", message, next_step="Nothing was written. Report this: it is a defect of the engine.")
