"""`settle`: every entity of one period by the mechanism its rule names, with holds, netting and clocks.

Order, the same for every entity: participation; price and its validity; the mechanism's ladder; held dollars; netting; the clock. An
entity is refused (no row, a reason) where it must not be settled at all, and held (a row of 0) where something is still awaited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from trueup.entity_grain import Participation, PeriodDays, Price, RuleReader, cite_of, family, number, require_unique, word
from trueup.errors import CheckFailed, Refused
from trueup.settlement.clocks import show_due_date, takes_part, year_of
from trueup.settlement.draft import Draft
from trueup.settlement.gates import Gates, gates_of
from trueup.settlement.inputs import Gate, Refusal, Settlement, SettlementResult, SettlementStep, UnitGroup
from trueup.settlement.pooled import settle_pooled
from trueup.settlement.zones import Thresholds, migration_neutral, needs_year, settle_zones, zone_terms

# What each computed step is made of, for people who recompute a ladder.
HOW: dict[str, str] = {
    "gross_savings": "expected − actual",
    "minimum_savings": "minimum_savings_rate × expected",
    "multiplier": "product of the gates' multipliers, 1 without any",
    "cap": "cap_rate × expected",
    "capped_savings": "the lesser of cap and gross_savings",
    "shared_savings": "share_rate × gross_savings (or capped_savings) × multiplier",
    "acceptable_total": "acceptable_threshold × unit_count",
    "commendable_total": "commendable_threshold × unit_count",
    "gross": "gain: the line named by share_from × unit_count − actual; loss: acceptable_total − actual; else 0",
    "amount": "pooled: the lesser of shared_savings and cap; zones: share_rate × gross × multiplier; to a cent; 0 if the reason says so",
    "entity_net": "sum of the amounts of the entity's cohorts",
    "migration_neutral": "all cohorts as one, thresholds weighted by the base period's mix; information only",
    "settlement_due": "period_last_day + settlement_due_days",
}


@dataclass
class _Run:
    """What every entity's settlement reads."""

    rules: RuleReader
    period: PeriodDays
    prices: dict[tuple[str, str], list[Price]]
    gates: dict[str, dict[str, Gate]]
    stays: Sequence[Participation]
    base_units: Mapping[tuple[str, str], int]
    as_of: date
    refusals: list[Refusal] = field(default_factory=list[Refusal])

    def refuse(self, group: UnitGroup, code: str, message: str) -> None:
        """Note why a group (or its whole entity) has no row."""
        self.refusals.append(Refusal(group.entity_id, self.period.id, group.cohort, code, message))


def settle(
    program: RuleReader,
    period: PeriodDays,
    groups: Iterable[UnitGroup],
    prices: Iterable[Price],
    gates: Iterable[Gate],
    participation: Iterable[Participation],
    *,
    as_of: date,
    base_units: Mapping[tuple[str, str], int] | None = None,
) -> SettlementResult:
    """Settle `period`.

    Args:
        program: the rules; any value they need that is unknown refuses the whole run (TRU-R014).
        groups: one row per entity and cohort of the period.
        prices: rows of a final price set.
        gates: gate results; rows of other periods are ignored.
        participation: every stay of every entity.
        as_of: the day the facts are as of; shown against the due date.
        base_units: retained base units per entity and cohort, for the migration-neutral figure.

    Returns:
        One settlement per group that is not refused; amounts in cents, the payable total is their sum.

    Raises:
        Refused: TRU-S001, TRU-S002, TRU-S006 for rules that cannot be settled.
        CheckFailed: TRU-S007, TRU-S008 for input that would pay wrongly or twice.

    Source: rules `settlement`, `participation`, `maturity`; docs/reference/mechanisms.md section 11.
    """
    groups, gates = list(groups), [g for g in gates if g.period == period.id]
    require_unique(((g.entity_id, g.cohort) for g in groups), "TRU-S008", "unit groups")
    require_unique(((g.entity_id, g.gate) for g in gates), "TRU-S008", "gate results")
    if any(group.period != period.id or group.unit_count < 1 for group in groups):
        message = f"a unit group is empty or of another period than {period.id}."
        raise CheckFailed("TRU-S009", message, next_step="Pass the groups of one period.")
    run = _Run(program, period, defaultdict(list), defaultdict(dict), list(participation), base_units or {}, as_of)
    for price in prices:
        run.prices[price.entity_id, price.price].append(price)
    for gate in gates:
        run.gates[gate.entity_id][gate.gate] = gate
    by_entity: dict[str, list[UnitGroup]] = defaultdict(list)
    for group in sorted(groups, key=lambda g: (g.entity_id, g.cohort)):
        by_entity[group.entity_id].append(group)
    drafts = [draft for entity_id in by_entity for draft in _settle_entity(run, by_entity[entity_id])]
    return SettlementResult([_row(d) for d in drafts], [s for d in drafts for s in _steps(d)], run.refusals)


def _settle_entity(run: _Run, groups: list[UnitGroup]) -> list[Draft]:
    """All cohorts of one entity: they are held and netted together."""
    rules, entity_id = run.rules, groups[0].entity_id
    if rules.get("participation.required") and not takes_part(entity_id, run.stays, run.period):
        for group in groups:
            run.refuse(group, "TRU-S005", f"{entity_id} has no stay in the program in {run.period.id}.")
        return []
    mechanism = word(rules, "settlement.mechanism")
    if mechanism == "pooled_target":
        drafts = _pooled(run, groups)
    elif mechanism == "threshold_zones":
        drafts = _zones(run, groups)
    else:
        raise Refused("TRU-S001", f"no settlement mechanism `{mechanism}`.", next_step="Known: pooled_target, threshold_zones.")
    _hold(run, groups, drafts)
    for draft in drafts:
        draft.ladder.text("reason", draft.reason)
        draft.ladder.cents("amount", draft.amount_cents)
        if draft.netted:
            draft.ladder.cents("entity_net", sum(d.amount_cents for d in drafts))
        show_due_date(draft.ladder, rules, run.period, run.as_of)
    return drafts


def _hold(run: _Run, groups: list[UnitGroup], drafts: list[Draft]) -> None:
    """Held dollars hold the whole entity; where cohorts are netted, one that waits makes the others wait, and opposite signs net."""
    limit = int(number(run.rules, "maturity.held_dollars_limit") * 100)
    held = sum(group.held_cents for group in groups)
    netting = word(run.rules, "settlement.mechanism") == "threshold_zones" and run.rules.get("settlement.netting") == "net"
    for draft in drafts:
        if held:
            draft.ladder.cents("held_dollars", held)
            draft.ladder.cents("held_dollars_limit", limit, cite_of(run.rules, "maturity.held_dollars_limit"))
        if held > limit:
            draft.hold("held_dollars")
    if not netting:
        return
    if any(draft.held for draft in drafts):
        for draft in drafts:
            if draft.amount_cents:
                draft.hold("netted_with_held_cohort")
    if any(d.amount_cents > 0 for d in drafts) and any(d.amount_cents < 0 for d in drafts):
        for draft in drafts:
            draft.netted = draft.amount_cents != 0


# --- the two mechanisms --------------------------------------------------------------------------------------------------------------


def _pooled(run: _Run, groups: list[UnitGroup]) -> list[Draft]:
    drafts: list[Draft] = []
    entity_id = groups[0].entity_id
    gates = _gates(run, entity_id, "all")
    for group in groups:
        if group.expected_cents is None:
            run.refuse(group, "TRU-S003", f"{entity_id} has no target for cohort {group.cohort}.")
            continue
        rows = _rows_of(run, entity_id, "target_price")
        price = next((p for p in rows if _covers(p, group)), None)
        if rows and price is None:
            run.refuse(group, "TRU-S004", _outside(group, rows))
            continue
        drafts.append(settle_pooled(run.rules, group, group.expected_cents, gates, price.amount_cents if price else None))
    return drafts


def _zones(run: _Run, groups: list[UnitGroup]) -> list[Draft]:
    entity_id = groups[0].entity_id
    year = year_of(entity_id, run.stays, run.period)
    if year is None and needs_year(zone_terms(run.rules)):
        for group in groups:
            run.refuse(group, "TRU-S005", f"losses depend on the participation year and {entity_id} never joined.")
        return []
    pairs: list[tuple[UnitGroup, Thresholds]] = []
    for group in groups:
        pair = _thresholds(run, group)
        if pair:
            pairs.append((group, pair))
    if any(refusal.entity_id == entity_id and refusal.code == "TRU-S004" for refusal in run.refusals):
        return []  # prices that have run out end the whole entity's settlement, not one cohort's
    gates = _gates(run, entity_id, "gains")
    drafts = [settle_zones(run.rules, group, pair, gates, year) for group, pair in pairs]
    base = {cohort: units for (entity, cohort), units in run.base_units.items() if entity in _first_with(run, entity_id)}
    neutral = migration_neutral(run.rules, pairs, base, gates, year)
    if neutral is not None:
        for draft in drafts:
            draft.ladder.cents("migration_neutral", neutral)
    return drafts


def _gates(run: _Run, entity_id: str, blocks: str) -> Gates:
    return gates_of(run.rules, run.period, run.gates.get(entity_id, {}), blocks)


# --- prices --------------------------------------------------------------------------------------------------------------------------


def _first_with(run: _Run, entity_id: str) -> list[str]:
    """The entity whose base the thresholds rest on: itself, else the nearest predecessor with a base."""
    with_base = {entity for entity, _ in run.base_units}
    return [member for member in family(entity_id, run.stays) if member in with_base][:1]


def _rows_of(run: _Run, entity_id: str, kind: str, cohort: str | None = None) -> list[Price]:
    """The entity's prices of a kind; of its nearest predecessor that has any, where it has none itself: a new tax ID keeps its prices."""
    for member in family(entity_id, run.stays):
        rows = [p for p in run.prices.get((member, kind), []) if cohort in (None, p.cohort)]
        if rows:
            return rows
    return []


def _covers(price: Price, group: UnitGroup) -> bool:
    return price.effective_from <= group.first_assign_date and group.last_assign_date < price.effective_to


def _outside(group: UnitGroup, rows: Sequence[Price]) -> str:
    spans = ", ".join(sorted({f"{p.effective_from} up to, not including, {p.effective_to}" for p in rows}))
    return f"units of {group.first_assign_date} to {group.last_assign_date} are not all covered by a price valid from {spans}."


def _thresholds(run: _Run, group: UnitGroup) -> Thresholds | None:
    """The pair that covers all units of the group, or None with the refusal noted."""
    found: list[Price] = []
    for kind in ("acceptable_threshold", "commendable_threshold"):
        rows = _rows_of(run, group.entity_id, kind, group.cohort)
        price = next((p for p in rows if _covers(p, group)), None)
        if not rows:
            run.refuse(group, "TRU-S003", f"{group.entity_id} has no {kind} for cohort {group.cohort}.")
            return None
        if price is None:
            run.refuse(group, "TRU-S004", _outside(group, rows))
            return None
        found.append(price)
    return Thresholds(found[0].amount_cents, found[1].amount_cents, found[0].entity_id)


# --- rows ----------------------------------------------------------------------------------------------------------------------------


def _row(draft: Draft) -> Settlement:
    g = draft.group
    return Settlement(
        g.entity_id, g.period, g.cohort, g.unit_count, g.actual_cents, draft.expected_cents, draft.amount_cents, draft.status, draft.reason
    )


def _steps(draft: Draft) -> list[SettlementStep]:
    g = draft.group
    return [
        SettlementStep(g.entity_id, g.period, g.cohort, number, line.name, line.amount, line.unit, line.cite)
        for number, line in enumerate(draft.ladder.lines, 1)
    ]
