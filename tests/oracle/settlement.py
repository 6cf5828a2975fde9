"""Settlement of one period at entity grain (section 11 of the page)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .claims import cents, day, text
from .costs_outliers import half_up
from .entities_attribution import compare
from .participation import first_joined, has_stay, lineage, takes_part
from .prices import add_years
from .rules import Period, Rules

Row = dict[str, Any]
TRUE = ("1", "true", "t", "yes", "y")


def price_of(prices: list[Row], roster: list[Row], entity: str, name: str, cohort: str, days: list[date]) -> int | None:
    """The price that covers all the days: the entity's own, else its nearest predecessor's; None where there is none."""
    for owner in lineage(roster, entity) if name.endswith("_threshold") else [entity]:
        mine = [r for r in prices if (r["entity_id"], r["price"], r["cohort"]) == (owner, name, cohort)]
        if mine:
            return next((r["amount_cents"] for r in mine if all(r["effective_from"] <= d < r["effective_to"] for d in days)), None)
    return None


def gates_of(result: Row, entity: str, period: Period, rules: Rules) -> tuple[bool, bool, Fraction]:
    """(all have a result, all passed, product of multipliers) of the gates that apply in the period's program year."""
    known, passed, product = True, True, Fraction(1)
    for item in rules.get("settlement.gates"):
        if (period.year or 0) < item.get("from_program_year", 0):
            continue
        row = None
        for found in result["gate_results"]:
            same = (text(found.get("entity_id")), text(found.get("period")), text(found.get("gate"))) == (entity, period.id, item["id"])
            if same and (row is None or (day(found.get("received_date")) or date.min) >= (day(row.get("received_date")) or date.min)):
                row = found
        if row is None or text(row.get("passed")) is None:
            known = False
            continue
        passed = passed and str(row["passed"]).strip().lower() in TRUE
        if item.get("multiplies") and text(row.get("multiplier")):
            product *= Fraction(Decimal(str(row["multiplier"])))
    return known, passed, product


def settle(result: Row, prices: list[Row], rules: Rules, period_id: str) -> list[Row]:
    """One row per entity and cohort that can be settled; who must take part and does not, or has no valid price, gets none."""
    period, roster = rules.period(period_id), result["participation"]
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    held: dict[str, int] = defaultdict(int)
    for episode in result["episodes"]:
        entity = episode["accountable_entity_id"]
        if episode["period"] != period_id or entity is None:
            continue
        if not takes_part(roster, entity, episode["assigned_on"]) and (rules.get("participation.required") or has_stay(roster, entity)):
            continue
        held[entity] += episode["held_cents"]  # of every episode: a held line may also be why one is out
        if not episode["exclusion_reasons"]:
            groups[entity, episode["cohort"]].append(episode)
    rows = []
    for (entity, cohort), episodes in sorted(groups.items()):
        known, passed, multiplier = gates_of(result, entity, period, rules)
        mechanism = pooled if rules.get("settlement.mechanism") == "pooled_target" else zones
        found = mechanism(episodes, prices, roster, entity, cohort, rules, period)
        if found is None:
            continue
        actual, expected, gross = found
        if mechanism is pooled:
            amount = pooled_amount(gross, expected, rules, multiplier) if passed and known else 0
            status = "held" if not known else "payable" if amount > 0 else "zero"
        else:
            stopped = gross > 0 and not known
            amount = 0 if stopped or (gross > 0 and not passed) else half_up(Fraction(rules.get("settlement.share_rate")) * gross)
            status = "held" if stopped else "zero" if amount == 0 else "payable" if amount > 0 else "owed"
        rows.append({
            "entity_id": entity, "period": period_id, "cohort": cohort, "unit_count": len(episodes), "actual_amount_cents": actual,
            "expected_amount_cents": expected, "amount_cents": amount, "status": status,
        })  # fmt: skip
    net_and_hold(rows, held, rules)
    return rows


def net_and_hold(rows: list[Row], held: dict[str, int], rules: Rules) -> None:
    limit = cents(rules.get("maturity.held_dollars_limit"))
    for entity in {r["entity_id"] for r in rows}:
        mine = [r for r in rows if r["entity_id"] == entity]
        signs = {r["amount_cents"] > 0 for r in mine if r["amount_cents"]}
        for row in mine:
            if limit is not None and held[entity] > limit:
                row["amount_cents"], row["status"] = 0, "held"
            elif row["amount_cents"] and rules.get("settlement.netting") == "net" and signs == {True, False}:
                row["status"] = "netted"


def total(episodes: list[Row]) -> int:
    return sum(e["total_cost_cents"] for e in episodes)


def pooled(
    episodes: list[Row], prices: list[Row], roster: list[Row], entity: str, cohort: str, rules: Rules, period: Period
) -> tuple[int, int, int] | None:
    """(actual, expected, gross) of a pooled target."""
    price = price_of(prices, roster, entity, "target_price", cohort, [e["assigned_on"] for e in episodes])
    if price is None:
        return None
    for episode in episodes:
        episode["target_amount_cents"] = half_up(price * Fraction(episode["risk_score"]))
    expected = sum(e["target_amount_cents"] for e in episodes)
    return total(episodes), expected, expected - total(episodes)


def pooled_amount(gross: int, expected: int, rules: Rules, multiplier: Fraction) -> int:
    rate, cap, share = (rules.get(f"settlement.{name}") for name in ("minimum_savings_rate", "cap_rate", "share_rate"))
    if gross <= 0:
        return 0
    if rate not in (None, "off") and not compare(
        Fraction(gross), rules.get("settlement.minimum_savings_operator"), Fraction(rate) * expected
    ):
        return 0
    limit = None if cap in (None, "off") else Fraction(cap) * expected
    if rules.get("settlement.cap_on") == "savings":
        paid = Fraction(share) * (gross if limit is None else min(limit, Fraction(gross))) * multiplier
    else:
        paid = Fraction(share) * gross * multiplier
        paid = paid if limit is None else min(limit, paid)
    return max(0, half_up(paid))


def zones(
    episodes: list[Row], prices: list[Row], roster: list[Row], entity: str, cohort: str, rules: Rules, period: Period
) -> tuple[int, int, int] | None:
    """(actual, expected, gross) against a pair of thresholds."""
    assigned = [e["assigned_on"] for e in episodes]
    commend, accept = (price_of(prices, roster, entity, f"{name}_threshold", cohort, assigned) for name in ("commendable", "acceptable"))
    if commend is None or accept is None:
        return None
    actual, n, gross = total(episodes), len(episodes), 0
    if compare(actual, rules.get("settlement.gain_operator"), commend * n):
        gross = (accept if rules.get("settlement.share_from") == "acceptable" else commend) * n - actual
    elif compare(actual, rules.get("settlement.loss_operator"), accept * n):
        shared = participation_year(roster, entity, period) >= rules.get("settlement.downside_from_participation_year")
        gross = accept * n - actual if shared else 0
    return actual, accept * n, gross


def participation_year(roster: list[Row], entity: str, period: Period) -> int:
    joined, year = first_joined(roster, entity), 1
    while joined is not None and add_years(joined, year) <= period.first:
        year += 1
    return year
