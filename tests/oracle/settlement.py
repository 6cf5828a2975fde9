"""Settlement of one period at entity grain (section 11 of the page)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .claims import day, text
from .costs_outliers import half_up
from .entities_attribution import compare
from .prices import add_years
from .rules import Period, Rules

Row = dict[str, Any]
TRUE = ("1", "true", "t", "yes", "y")


def price_of(prices: list[Row], entity: str, name: str, cohort: str, when: date) -> int | None:
    for row in prices:
        if (row["entity_id"], row["price"], row["cohort"]) == (entity, name, cohort) and row["effective_from"] <= when < row[
            "effective_to"
        ]:
            return row["amount_cents"]
    return None


def gates_of(result: Row, entity: str, period: Period, rules: Rules) -> tuple[bool, bool, Fraction, list[str]]:
    """(all have a result, all passed, product of multipliers, ids that apply)."""
    known, passed, product, ids = True, True, Fraction(1), []
    for item in rules.get("settlement.gates"):
        if (period.year or 0) < item.get("from_program_year", 0):
            continue
        ids.append(item["id"])
        row = next(
            (
                r
                for r in result["gate_results"]
                if text(r.get("entity_id")) == entity and text(r.get("period")) == period.id and text(r.get("gate")) == item["id"]
            ),
            None,
        )
        if row is None or text(row.get("passed")) is None:
            known = False
            continue
        passed = passed and str(row["passed"]).strip().lower() in TRUE
        if item.get("multiplies") and text(row.get("multiplier")):
            product *= Fraction(Decimal(str(row["multiplier"])))
    return known, passed, product, ids


def settle(result: Row, prices: list[Row], rules: Rules, period_id: str) -> list[Row]:
    period = rules.period(period_id)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for episode in result["episodes"]:
        entity = episode["accountable_entity_id"]
        if episode["period"] == period_id and not episode["exclusion_reasons"] and entity is not None:
            groups[entity, episode["cohort"]].append(episode)
    if rules.get("settlement.mechanism") == "pooled_target":
        return pooled(result, prices, rules, period, groups)
    return zones(result, prices, rules, period, groups)


def counted(episode: Row) -> Fraction:
    return episode.get("counted_cost", Fraction(episode["total_cost_cents"]))


def pooled(result: Row, prices: list[Row], rules: Rules, period: Period, groups: dict[tuple[str, str], list[Row]]) -> list[Row]:
    rows = []
    for (entity, cohort), episodes in sorted(groups.items()):
        priced = [(e, p) for e in episodes if (p := price_of(prices, entity, "target_price", cohort, e["assigned_on"])) is not None]
        if not priced:
            continue
        for episode, price in priced:
            episode["target_amount_cents"] = half_up(price * Fraction(episode["risk_score"]))
        expected = sum(e["target_amount_cents"] for e, _ in priced)
        actual = half_up(sum((counted(e) for e, _ in priced), Fraction(0)))
        gross = expected - actual
        known, passed, multiplier, _ = gates_of(result, entity, period, rules)
        rate = rules.get("settlement.minimum_savings_rate")
        enough = rate in (None, "off") or compare(
            Fraction(gross), rules.get("settlement.minimum_savings_operator"), Fraction(rate) * expected
        )
        amount = 0
        if gross > 0 and passed and enough and known:
            share, cap = Fraction(rules.get("settlement.share_rate")), rules.get("settlement.cap_rate")
            limit = None if cap in (None, "off") else Fraction(cap) * expected
            if rules.get("settlement.cap_on") == "savings":
                paid = share * (gross if limit is None else min(limit, Fraction(gross))) * multiplier
            else:
                paid = share * gross * multiplier
                paid = paid if limit is None else min(limit, paid)
            amount = max(0, half_up(paid))
        status = "held" if not known else "payable" if amount > 0 else "zero"
        rows.append(_row(entity, period, cohort, len(priced), actual, expected, amount, status))
    return rows


def _row(entity: str, period: Period, cohort: str, count: int, actual: int, expected: int, amount: int, status: str) -> Row:
    return {
        "entity_id": entity,
        "period": period.id,
        "cohort": cohort,
        "unit_count": count,
        "actual_amount_cents": actual,
        "expected_amount_cents": expected,
        "amount_cents": amount,
        "status": status,
    }


def participation_year(result: Row, entity: str, period: Period) -> int:
    joined = [d for r in result["participation"] if text(r.get("entity_id")) == entity and (d := day(r.get("joined_on")))]
    year = 1
    while joined and add_years(min(joined), year) <= period.first:
        year += 1
    return year


def zones(result: Row, prices: list[Row], rules: Rules, period: Period, groups: dict[tuple[str, str], list[Row]]) -> list[Row]:
    rows = []
    share = Fraction(rules.get("settlement.share_rate"))
    for (entity, cohort), episodes in sorted(groups.items()):
        found = []
        for episode in episodes:
            pair = [price_of(prices, entity, f"{n}_threshold", cohort, episode["assigned_on"]) for n in ("commendable", "acceptable")]
            if None not in pair:
                found.append((episode, pair))
        if not found:
            continue
        commend, accept = found[0][1]
        n, actual = len(found), half_up(sum((counted(e) for e, _ in found), Fraction(0)))
        gross = 0
        expected = commend * n
        if compare(actual, rules.get("settlement.gain_operator"), commend * n):
            gross = commend * n - actual
        elif compare(actual, rules.get("settlement.loss_operator"), accept * n):
            expected = accept * n
            if participation_year(result, entity, period) >= rules.get("settlement.downside_from_participation_year"):
                gross = accept * n - actual
        known, passed, _, _ = gates_of(result, entity, period, rules)
        if not passed and gross > 0:
            gross = 0
        net = half_up(share * gross) if known else 0
        status = "held" if not known else "zero" if net == 0 else "payable" if net > 0 else "owed"
        rows.append(_row(entity, period, cohort, n, actual, expected, net, status))
    if rules.get("settlement.netting") == "net":
        for entity in {r["entity_id"] for r in rows}:
            mine = [r for r in rows if r["entity_id"] == entity and r["amount_cents"]]
            if {r["amount_cents"] > 0 for r in mine} == {True, False}:
                for row in mine:
                    row["status"] = "netted"
    return rows
