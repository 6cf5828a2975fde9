"""Pricing a base period and settling a performance period of episodes against frozen prices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

from trueup.acts.common import gates_of, participation_of
from trueup.engine import Engine, steps_of
from trueup.errors import CheckFailed
from trueup.pricing import build as pricing_build
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, InScope, Lag, MixRow, PaidCell, PriceEpisode, PriceSetContent
from trueup.pricing.outliers import mark_outliers
from trueup.pricing.what_if import Book
from trueup.rules.program import Program
from trueup.settlement import settle as settlement_settle
from trueup.settlement.inputs import SettlementResult, UnitGroup
from trueup.settlement.settle import settle as settle_groups

NEEDS_PRICES = True
PRICING_STEPS = steps_of(pricing_build.__file__)
SETTLEMENT_STEPS = steps_of(settlement_settle.__file__)


def take_base(engine: Engine) -> int:
    """Select the episodes of the base period. Returns how many of them are retained."""
    for step in PRICING_STEPS:
        if step.writes == "base_episodes":
            engine.run(step)
    return int(engine.scalar("base_episodes", "COUNT(CASE WHEN exclusion_reasons = '' THEN 1 END)"))


def price_book(engine: Engine, program: Program, period_id: str, as_of: date | None = None) -> Book:
    """Everything that pricing a period reads from the finished base: episodes, the pay cycle replayed on it, claims by age.

    Where the base holds no lines (a worked example that gives its episodes), episodes carry the cost they were given.
    """
    with_lines = not engine.is_given("episodes") and engine.has("base_covered_lines")
    take_base(engine)
    for step in PRICING_STEPS:
        if with_lines and step.writes != "base_episodes":
            engine.run(step)
    costs = (
        {r["episode_id"]: r["base_cost_cents"] for r in engine.rows("base_episode_costs", order_by=("episode_id",))} if with_lines else {}
    )
    scopes: dict[str, list[InScope]] = defaultdict(list)
    if with_lines:
        for r in engine.rows("base_episode_scopes", order_by=("episode_id", "entity_id")):
            scopes[r["episode_id"]].append(InScope(r["entity_id"], r["months"], r["covered_cents"]))
    episodes = tuple(
        BaseEpisode(
            r["entity_id"], r["cohort"], costs.get(r["episode_id"], r["total_cost_cents"]), Decimal(r["risk_score"]), r["episode_id"],
            tuple(scopes.get(r["episode_id"], ())),
        )
        for r in engine.rows("base_episodes", order_by=("episode_id",))
        if not r["exclusion_reasons"]
    )  # fmt: skip
    accountable = tuple(sorted({r["entity_id"] for r in engine.rows("entity_gates") if r["accountable"] and r["period"] == period_id}))
    replay = _replay(engine) if with_lines and program.has("prices.case_rate") else None
    lag = _lag(engine, program, as_of) if with_lines and as_of and _completes(program) else None
    return Book(program, episodes, accountable, tuple(participation_of(engine, program)), program.period(period_id), replay, lag)


def _replay(engine: Engine) -> tuple[BaseCaseRate, ...]:
    """The pay cycle on the base claims: months and covered dollars of each entity and pregnancy."""
    return tuple(
        BaseCaseRate(
            r["entity_id"], r["pregnancy_id"], r["end_kind"], r["months"], r["covered_cents"], r["covered_lines"],
            Decimal(1) if r["risk_score"] is None else Decimal(r["risk_score"]),
        )
        for r in engine.rows("base_case_rates", order_by=("pregnancy_id", "entity_id"))
    )  # fmt: skip


def _completes(program: Program) -> bool:
    return program.has("prices.completion.method") and program.get("prices.completion.method") != "off"


def _lag(engine: Engine, program: Program, as_of: date) -> Lag:
    """Claims by month of service and age, through the last calendar month that is wholly known."""
    population = program.text("prices.case_rate.base_population") if program.has("prices.case_rate") else ""
    counted = ("live_birth", "stillbirth", *(("loss",) if population == "all" else ()))

    def month(number: int) -> str:
        return f"{number // 12:04d}-{number % 12 + 1:02d}"

    last = (as_of + timedelta(days=1)).year * 12 + (as_of + timedelta(days=1)).month - 2
    cells = tuple(
        PaidCell(r["service_type"], month(r["origin_month_number"]), r["age_months"], r["paid_cents"])
        for r in engine.rows("claim_ages", order_by=("service_type", "origin_month_number", "age_months"))
    )
    keys = ("scope", "entity_id", "cohort", "covered_by", "service_type", "service_month_number")
    of_episodes = [r for r in engine.rows("base_mix", order_by=keys) if r["scope"] == "episode" or r["cohort"] in counted]
    mix = tuple(
        MixRow(
            r["scope"], r["entity_id"] or None, r["cohort"] if r["scope"] == "episode" else "", r["service_type"],
            month(r["service_month_number"]), r["cents"], r["covered_by"],
        )
        for r in of_episodes
    )  # fmt: skip
    return Lag(cells, mix, month(last))


def price(engine: Engine, program: Program, period_id: str, as_of: date | None = None) -> PriceSetContent:
    """Price a period from the finished base, with the base episodes behind each price.

    Raises:
        Refused: see `trueup.pricing.build.price`.
    """
    book = price_book(engine, program, period_id, as_of)
    content = book.price()
    scopes = {e.episode_id: e for e in book.episodes}
    rated = {p.entity_id for p in content.prices if p.price == "case_rate"}
    rows: list[PriceEpisode] = []
    for r in engine.rows("base_episodes", order_by=("episode_id",)):
        kept = scopes.get(r["episode_id"])
        parts = [part for part in kept.in_scope if part.entity_id in rated] if kept else []
        rows.append(
            PriceEpisode(
                r["entity_id"] or "",
                r["episode_id"],
                r["cohort"],
                r["delivery_date"],
                r["outcome"],
                kept.total_cost_cents if kept else r["total_cost_cents"],
                sum(p.covered_cents for p in parts),
                sum(p.months for p in parts),
                r["claim_line_count"],
                Decimal(r["risk_score"]),
                kept is not None,
                r["exclusion_reasons"],
            )
        )
    return replace(content, price_episodes=mark_outliers(program, book.episodes, rows))


def prepare(engine: Engine) -> None:
    """Mark the episodes whose entity took part, and sum them by entity, period and cohort."""
    for step in SETTLEMENT_STEPS:
        engine.run(step)


def settle(engine: Engine, program: Program, period_id: str, content: PriceSetContent | None, as_of: date) -> SettlementResult:
    """Settle a period from the grouped episodes. Raises what `trueup.settlement.settle.settle` raises."""
    names = [f.name for f in fields(UnitGroup)]
    groups = [
        UnitGroup(**{n: r[n] for n in names})
        for r in engine.rows("unit_groups", order_by=("entity_id", "period", "cohort"))
        if r["period"] == period_id
    ]
    prices, base_units = (content.prices, content.base_units()) if content else ([], {})
    stays = participation_of(engine, program)
    result = settle_groups(
        program, program.period(period_id), groups, prices, gates_of(engine, program), stays, as_of=as_of, base_units=base_units
    )
    _require_complete(engine, period_id, groups, result)
    return result


def _require_complete(engine: Engine, period_id: str, groups: list[UnitGroup], result: SettlementResult) -> None:
    """Every retained unit of an accountable entity is settled, refused, or was assigned while the entity did not take part."""
    answered = {(s.entity_id, s.cohort) for s in result.settlements} | {(r.entity_id, r.cohort) for r in result.refusals}
    unanswered = [g for g in groups if (g.entity_id, g.cohort) not in answered]
    expected = sum(r["units"] for r in engine.rows("units_to_settle") if r["period"] == period_id)
    found = sum(g.unit_count for g in groups)
    if unanswered or expected != found:
        message = f"settlement of {period_id}: {expected} units to settle, {found} grouped, {len(unanswered)} groups without an answer."
        raise CheckFailed("TRU-C002", message, next_step="Nothing was written. Report this: it is a defect of the engine.")
