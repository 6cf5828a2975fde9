"""What a tier pays: rows of the rate table as prices of hospitals, and the ladder from metrics to rate.

A price `tier_rate` is dollars a day; `tier_percent` is dollars for each hundred dollars that the stay's claims paid. The hospital `*`
stands for an enrolled one that was not known when tiers were frozen: it has the insufficient-cases tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from trueup.entity_grain import Ladder, PeriodDays, Price
from trueup.errors import Refused
from trueup.pricing.inputs import PriceStep
from trueup.pricing.tier_inputs import Hospital, TierMetric, TierPlacement, TierRules
from trueup.pricing.tier_rules import Row

ANY_HOSPITAL = "*"
PRICES = {"per_diem": "tier_rate", "percent": "tier_percent"}


def rates_of(
    rules: TierRules,
    placements: Sequence[TierPlacement],
    hospitals: Sequence[Hospital],
    rates: Sequence[Row],
    interim: Sequence[Row],
    paid: PeriodDays,
) -> list[Price]:
    """The prices of every placed hospital in the payment period, and of those the freeze does not know.

    Raises:
        Refused: TRU-P105 where a tier has no rate in a hospital's peer group on a day of the period.
    """
    classes = {h.entity_id: h.hospital_class for h in hospitals}
    found: list[Price] = []
    for p in placements:
        if p.tier is not None:
            floor = interim if rules.hold_harmless == "interim_add_on" else ()
            found += _prices(p.entity_id, "all", p.tier, p.peer_group, classes[p.entity_id], rates, floor, paid)
    for group in sorted({str(r["peer_group"]) for r in rates}):
        found += _prices(ANY_HOSPITAL, group, rules.small_numbers.insufficient_tier, group, "all", rates, (), paid)
    return found


def _prices(
    entity: str, cohort: str, tier: str, peer_group: str, hospital_class: str, rates: Sequence[Row], floor: Sequence[Row], paid: PeriodDays
) -> list[Price]:
    mine = [r for r in rates if r["tier"] == tier and r["peer_group"] == peer_group]
    mine = mine or [r for r in rates if r["tier"] == tier and r["peer_group"] == "all"]
    rows: list[Price] = []
    for start, end in _spans(mine, floor, paid):
        rate = _in_force(mine, start)
        if rate is None:
            message = f"tier `{tier}` has no rate in peer group `{peer_group}` on {start}."
            raise Refused("TRU-P105", message, next_step="Complete the rate table of the rules.")
        least = _floor(floor, hospital_class, str(rate["unit"]), start)
        rows.append(Price(entity, PRICES[str(rate["unit"])], cohort, start, end, max(_cents(rate), least)))
    return rows


def _spans(rates: Sequence[Row], floor: Sequence[Row], paid: PeriodDays) -> list[tuple[date, date]]:
    """The payment period cut where any rate begins or ends."""
    end = paid.last_day + timedelta(days=1)
    edges = {paid.first_day, end}
    for row in (*rates, *floor):
        for key in ("effective_from", "effective_to"):
            day = row[key]
            if day is not None and paid.first_day < date.fromisoformat(day) < end:
                edges.add(date.fromisoformat(day))
    ordered = sorted(edges)
    return list(pairwise(ordered))


def _in_force(rates: Sequence[Row], day: date) -> Row | None:
    text = day.isoformat()
    return next(
        (r for r in rates if str(r["effective_from"]) <= text and (r["effective_to"] is None or text < str(r["effective_to"]))), None
    )


def _floor(interim: Sequence[Row], hospital_class: str, unit: str, day: date) -> int:
    """The interim add-on of the class in the same unit; nothing where there is none."""
    of_unit = [r for r in interim if r["unit"] == unit]
    mine = [r for r in of_unit if r["hospital_class"] == hospital_class] or [r for r in of_unit if r["hospital_class"] == "all"]
    rate = _in_force(mine, day)
    return _cents(rate) if rate else 0


def _cents(row: Row) -> int:
    return int(Decimal(str(row["amount"])) * 100)


def steps_of(
    placements: Sequence[TierPlacement], lines: Sequence[TierMetric], prices: Sequence[Price], cites: dict[str, str]
) -> list[PriceStep]:
    """The ladder of each hospital: each metric, the composite, the score that was compared, the tier, the rate."""
    steps: list[PriceStep] = []
    for p in placements:
        ladder = Ladder()
        for line in (m for m in lines if m.entity_id == p.entity_id):
            ladder.count(f"{line.metric}_cases", line.cases, cites[f"{line.metric}.measure"])
            ladder.rate(f"{line.metric}_rate", line.rate, cites[f"{line.metric}.measure"])
            ladder.rate(f"{line.metric}_scored_rate", line.scored_rate, cites["small_numbers"])
            ladder.rate(f"{line.metric}_points", line.points, cites[f"{line.metric}.points"])
            ladder.rate(f"{line.metric}_weight", line.weight, cites[f"{line.metric}.weight"])
        if p.composite is not None:
            ladder.rate("composite", p.composite)
        if p.score is not None:
            ladder.rate("score", p.score, cites["cuts"])
        ladder.text("tier", p.tier or "none", cites["tiers"])
        ladder.text("decided_by", p.decided_by)
        if p.fallback_reason:
            ladder.text("fallback_reason", p.fallback_reason)
        mine = [q for q in prices if q.entity_id == p.entity_id]
        for price in mine:
            ladder.day("effective_from", price.effective_from, cites["rates"])
            ladder.cents(price.price, price.amount_cents, cites["rates"])
        name = mine[0].price if mine else "tier_rate"
        steps += [
            PriceStep(p.entity_id, name, "all", n, line.name, line.amount, line.unit, line.cite) for n, line in enumerate(ladder.lines, 1)
        ]
    return steps
