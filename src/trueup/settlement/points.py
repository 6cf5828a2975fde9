"""Mechanism `points_pool`: a fixed amount, split in proportion to the points that each entity's cases earn.

    payment = pool × points / Σ points, by largest remainder, so that the payments are the pool to the cent

Nothing is divided by zero: where nobody earned a point, nobody is paid and the pool is reported as undistributed. Because every payment
depends on every other entity's points, what holds one entity's points holds the whole pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, Participation, PeriodDays, RuleReader, cite_of, compare, number, number_or_off, word
from trueup.errors import Refused
from trueup.money import split
from trueup.settlement.clocks import show_due_date, takes_part
from trueup.settlement.draft import Draft
from trueup.settlement.gates import gates_of
from trueup.settlement.inputs import Gate, Refusal, Settlement, SettlementResult, SettlementStep, UnitGroup
from trueup.settlement.points_cases import (
    Case,
    CasePoints,
    Entity,
    Found,
    Reported,
    Slot,
    by_case,
    by_entity,
    points_of,
    submitted,
    verdict_of,
)


@dataclass(frozen=True, slots=True)
class PointPool:
    """Columns of table `point_pools`: what a period's pool paid, and what nobody earned."""

    period: str
    pool_amount_cents: int
    entities: int
    entities_paid: int
    points: Decimal
    distributed_amount_cents: int
    undistributed_amount_cents: int
    status: str
    reason: str


@dataclass(frozen=True)
class PointsResult:
    """One period: settlements with ladders, the points behind them, and the pool."""

    settled: SettlementResult
    case_points: list[CasePoints]
    pool: PointPool


@dataclass(frozen=True)
class PointFacts:
    """What a pool is split by.

    `cases` are all cases of the period, excluded and unattributed ones too; `slots` the measures that earn points, in rule order; `found`
    their results (a case without a row of a measure is outside its population); `reported` the accepted submissions; `stays` the
    participation in this program, `elsewhere` that in the programs of `settlement.exclusive_with`, by entity.
    """

    cases: Sequence[Case]
    slots: Sequence[Slot]
    found: Sequence[Found] = ()
    reported: Sequence[Reported] = ()
    gates: Sequence[Gate] = ()
    stays: Sequence[Participation] = ()
    elsewhere: Mapping[str, Sequence[Participation]] = field(default_factory=dict[str, Sequence[Participation]])


def settle_points(rules: RuleReader, period: PeriodDays, facts: PointFacts, *, as_of: date) -> PointsResult:
    """Settle a period's pool.

    Raises:
        Refused: TRU-S150 for a period without a pool; TRU-S155 before the claims of the period are mature; TRU-R014 for an unknown value.
        CheckFailed: TRU-S152 for a result that is no status; TRU-S153 for one that comes twice.

    Source: rules `settlement`, `participation`, `maturity`; docs/reference/points.md.
    """
    pool_cents = _pool(rules, period)
    _require_mature(rules, period, as_of)
    entities, loose = _count(rules, period, facts)
    required = bool(rules.get("participation.required"))
    refusals = _refuse_outsiders(entities, facts.stays, period) if required else []
    for entity in entities.values():
        results = {g.gate: g for g in facts.gates if (g.entity_id, g.period) == (entity.entity_id, period.id)}
        entity.gates = gates_of(rules, period, results, "all")
        entity.reason = _no_payment(rules, entity)
    drafts, undistributed = _split(rules, period, pool_cents, list(entities.values()), facts.slots, as_of)
    settled = SettlementResult([_row(d) for d in drafts], [s for d in drafts for s in _steps(d)], refusals)
    rows = [r for e in (*entities.values(), loose) for r in e.rows]
    return PointsResult(settled, rows, _pool_row(period, pool_cents, drafts, entities.values(), undistributed))


def _count(rules: RuleReader, period: PeriodDays, facts: PointFacts) -> tuple[dict[str, Entity], Entity]:
    """Every entity that may be paid with its rows, by entity id; and the rows of cases that are nobody's."""
    results, reports = by_case(facts.found), by_entity(facts.reported)
    required, cap = bool(rules.get("participation.required")), number_or_off(rules, "settlement.case_cap")
    entities, loose = dict[str, Entity](), Entity("")
    for case in sorted(facts.cases, key=lambda c: (c.entity_id or "", c.case_date, c.episode_id)):
        owner = entities.setdefault(case.entity_id, Entity(case.entity_id)) if case.entity_id and case.is_accountable else loose
        verdict = verdict_of(case, facts.elsewhere.get(case.entity_id or "", ()), facts.stays, required)
        owner.verdicts[verdict] += 1
        owner.held_cents += case.held_cents
        owner.cost_cents += 0 if verdict else case.total_cost_cents
        owner.rows += points_of(period.id, case, facts.slots, results, verdict, cap)
    for entity in entities.values():
        entity.rows += submitted(period.id, entity, facts.slots, reports)
    return entities, loose


# --- money ----------------------------------------------------------------------------------------------------------------------------


def _pool(rules: RuleReader, period: PeriodDays) -> int:
    if period.id not in rules.ids("settlement.pools"):
        message = f"the rules name no pool for {period.id}."
        raise Refused("TRU-S150", message, next_step="Add it to `settlement.pools`; without a source, as unknown with an assumption.")
    return int(number(rules, f"settlement.pools.{period.id}.amount") * 100)


def mature_on(rules: RuleReader, period: PeriodDays) -> date:
    """The first day on which the claims of a period's cases have had the rule's run-out."""
    after = 0 if word(rules, "episode.assign_by") == "episode_end" else int(number(rules, "episode.days_after"))
    return period.last_day + timedelta(days=after + int(number(rules, "maturity.runout_days")))


def _require_mature(rules: RuleReader, period: PeriodDays, as_of: date) -> None:
    day = mature_on(rules, period)
    if as_of < day:
        message = f"{period.id} can be settled from {day} on, not as of {as_of}: cases may still meet measures."
        raise Refused("TRU-S155", message, next_step=f"Settle as of {day} or later.")


def _refuse_outsiders(entities: Mapping[str, Entity], stays: Sequence[Participation], period: PeriodDays) -> list[Refusal]:
    """Entities that must take part and never did in the period, unless another program's stay explains it."""
    refusals: list[Refusal] = []
    for entity in entities.values():
        if not entity.cases and entity.verdicts["not_participating"] and not takes_part(entity.entity_id, stays, period):
            message = f"{entity.entity_id} has no stay in the program in {period.id}."
            refusals.append(Refusal(entity.entity_id, period.id, "all", "TRU-S005", message))
            entity.reason = "refused"
    return refusals


def _no_payment(rules: RuleReader, entity: Entity) -> str:
    """Why an entity's points do not weigh, before anything is split; empty where they do."""
    if entity.reason:
        return entity.reason
    if not entity.cases:
        return "in_bundle" if entity.verdicts["in_bundle"] else "no_cases"
    least, operator = int(number(rules, "settlement.minimum_cases")), word(rules, "settlement.minimum_cases_operator")
    if not compare(entity.cases, operator, least):
        return "too_few_cases"
    return entity.gates.first("failed") or ""


def share_pool(pool_cents: int, points: Sequence[Decimal], cap_cents: int | None, excess: str) -> list[int]:
    """Split a pool by points, largest remainder, ties to the earlier entity; nobody gets more than the cap.

    What the cap cuts off is split again among the others (`redistributed`) or stays in the pool (`undistributed`). Without any points
    everybody gets nothing.
    """
    amounts, left = [0] * len(points), pool_cents
    sharing: list[int] = [n for n, p in enumerate(points) if p > 0]
    while sharing:
        parts = dict(zip(sharing, split(left, [points[n] for n in sharing]), strict=True))
        over = [n for n in sharing if cap_cents is not None and parts[n] > cap_cents]
        if cap_cents is None or not over or excess == "undistributed":
            for n, part in parts.items():
                amounts[n] = part if cap_cents is None else min(part, cap_cents)
            break
        for n in over:
            amounts[n] = cap_cents
        left -= cap_cents * len(over)
        sharing = [n for n in sharing if n not in over]
    return amounts


def _split(
    rules: RuleReader, period: PeriodDays, pool_cents: int, entities: list[Entity], slots: Sequence[Slot], as_of: date
) -> tuple[list[Draft], int]:
    """One draft per entity that is not refused, and the cents that nobody earned."""
    paid = [e for e in entities if e.reason != "refused"]
    rate = number_or_off(rules, "settlement.payment_cap_rate")
    cap_cents = None if rate is None else int(Fraction(pool_cents) * Fraction(rate))
    amounts = share_pool(pool_cents, [e.points for e in paid], cap_cents, word(rules, "settlement.cap_excess"))
    held = _held(rules, paid)
    total = sum((e.points for e in paid), Decimal(0))
    undistributed = pool_cents - sum(amounts)
    drafts: list[Draft] = []
    for entity, amount in zip(paid, amounts, strict=True):
        ladder = _ladder(rules, period, entity, slots, pool_cents, total, cap_cents)
        ladder.cents("undistributed_pool", undistributed)
        reason = entity.reason or ("pool_shared" if amount else "no_points")
        group = UnitGroup(
            entity.entity_id, period.id, "all", entity.cases, entity.cost_cents, None, period.first_day, period.last_day, entity.held_cents
        )
        draft = Draft(group, ladder, 0, amount, reason)
        if held:
            draft.hold(held)
        ladder.text("reason", draft.reason)
        ladder.cents("amount", draft.amount_cents)
        show_due_date(ladder, rules, period, as_of)
        drafts.append(draft)
    return drafts, undistributed


def _held(rules: RuleReader, entities: Sequence[Entity]) -> str:
    """What holds the pool: held dollars of any entity above the limit, or a gate whose result is awaited where it decides who shares."""
    limit = int(number(rules, "maturity.held_dollars_limit") * 100)
    if any(e.held_cents > limit for e in entities):
        return "held_dollars"
    return next((reason for e in entities if not e.reason and e.earned and (reason := e.gates.first("missing"))), "")


def _ladder(
    rules: RuleReader, period: PeriodDays, entity: Entity, slots: Sequence[Slot], pool_cents: int, total: Decimal, cap_cents: int | None
) -> Ladder:
    """How an entity's payment comes about, every step of it printed in full."""
    ladder = Ladder()
    for verdict in ("excluded", "in_bundle", "not_participating"):
        if entity.verdicts[verdict]:
            cite = cite_of(rules, "settlement.exclusive_with") if verdict == "in_bundle" else ""
            ladder.count(f"cases_{verdict}", entity.verdicts[verdict], cite)
    ladder.count("cases", entity.cases)
    ladder.cents("cost_of_cases", entity.cost_cents)
    ladder.count("minimum_cases", int(number(rules, "settlement.minimum_cases")), cite_of(rules, "settlement.minimum_cases"))
    for slot in slots:
        rows = [r for r in entity.rows if r.slot == slot.id and r.counted]
        ladder.count(f"met_{slot.id}", sum(r.met for r in rows))
        ladder.rate(f"points_each_{slot.id}", slot.points, slot.cite)
        ladder.rate(f"points_{slot.id}", sum((r.points for r in rows), Decimal(0)))
    if rules.get("settlement.case_cap") != "off":
        ladder.rate("case_cap", number(rules, "settlement.case_cap"), cite_of(rules, "settlement.case_cap"))
    entity.gates.show(ladder, rules)
    ladder.rate("points", entity.earned)
    ladder.rate("points_counted", entity.points)
    ladder.rate("points_of_all", total)
    ladder.cents("pool", pool_cents, cite_of(rules, f"settlement.pools.{period.id}.amount"))
    if total:
        ladder.cents("share_of_pool", Fraction(pool_cents) * Fraction(entity.points) / Fraction(total))
    if cap_cents is not None:
        ladder.cents("payment_cap", cap_cents, cite_of(rules, "settlement.payment_cap_rate"))
    return ladder


# --- rows -----------------------------------------------------------------------------------------------------------------------------


def _row(draft: Draft) -> Settlement:
    g = draft.group
    return Settlement(g.entity_id, g.period, g.cohort, g.unit_count, g.actual_cents, 0, draft.amount_cents, draft.status, draft.reason)


def _steps(draft: Draft) -> list[SettlementStep]:
    g = draft.group
    return [
        SettlementStep(g.entity_id, g.period, g.cohort, number, line.name, line.amount, line.unit, line.cite)
        for number, line in enumerate(draft.ladder.lines, 1)
    ]


def _pool_row(period: PeriodDays, pool_cents: int, drafts: Sequence[Draft], entities: Iterable[Entity], undistributed: int) -> PointPool:
    held = next((d.reason for d in drafts if d.held), "")
    total = sum((e.points for e in entities), Decimal(0))
    paid = sum(d.amount_cents for d in drafts)
    status = "held" if held else "distributed" if paid == pool_cents else "undistributed" if not paid else "partly_distributed"
    reason = held or ("" if not undistributed else "payment_cap" if total else "no_points")
    return PointPool(
        period.id, pool_cents, len(drafts), sum(1 for d in drafts if d.amount_cents), total, paid, pool_cents - paid, status, reason
    )
