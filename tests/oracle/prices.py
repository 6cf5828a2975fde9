"""Prices and outlier lines from a base period (section 10 of the page)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from .costs_outliers import apply_lines, base_lines, half_up
from .entities_attribution import gate
from .exclusions import reasons_of
from .participation import first_joined
from .rules import Rules

Row = dict[str, Any]


def trend_factor(rules: Rules, priced: str) -> Decimal:
    base, target = rules.period(rules.get("prices.baseline_period")), rules.period(priced)
    years = rules.get("prices.trend_years")
    if years == "midpoint":
        middles = [p.first.toordinal() + (p.last - p.first).days // 2 for p in (base, target)]
        exact = (middles[1] - middles[0]) / Fraction("365.25")
    else:
        exact = Fraction(str(years))
    with localcontext() as context:
        context.prec = 50
        grown = (1 + Decimal(rules.get("prices.trend_annual"))) ** (Decimal(exact.numerator) / Decimal(exact.denominator))
    return Decimal(half_up(Fraction(grown) * 10**6)) / 10**6


def add_years(when: date, years: int) -> date:
    try:
        return when.replace(year=when.year + years)
    except ValueError:
        return date(when.year + years, 3, 1)


def price_set(result: Row, rules: Rules, priced: str) -> Row:
    """Prices and trended outlier lines from a run that holds the base period."""
    trend = Fraction(trend_factor(rules, priced))
    base = rules.get("prices.baseline_period")
    lines = base_lines(result["episodes"], rules)
    inside = [e for e in result["episodes"] if e["period"] == base and not e["other_reasons"]]
    apply_lines(inside, {key: x["line"] for key, x in lines.items()}, rules, "base_cost_cents")
    kept = [e for e in inside if not reasons_of(e, rules)]
    outliers = [
        {
            "scope": x["scope"],
            "tail": x["tail"],
            "base_cents": half_up(x["line"]),
            "trend_factor": Decimal(trend.numerator) / trend.denominator,
            "amount_cents": half_up(x["line"] * trend),
            "episodes": x["episodes"],
        }
        for x in lines.values()
    ]
    if rules.get("prices.mechanism") == "blended_target":
        rows = blended(kept, result, rules, trend, priced)
    else:
        rows = thresholds(kept, result, rules, trend)
    return {"prices": rows, "outlier_lines": outliers}


def mean(episodes: list[Row]) -> Fraction | None:
    risk = sum(Fraction(e["risk_score"]) for e in episodes)
    return sum((e["counted_cost"] for e in episodes), Fraction(0)) / risk if risk else None


def blended(kept: list[Row], result: Row, rules: Rules, trend: Fraction, priced: str) -> list[Row]:
    weight, period, state = Fraction(rules.get("prices.weight_own")), rules.period(priced), mean(kept)
    rows = []
    for entity in sorted(candidates(result["episodes"])):
        if state is None or not gate(entity, priced, result["episodes"], rules, result["directory"]):
            continue
        own = mean([e for e in kept if e["attributed_entity_id"] == entity])
        if own is None:
            continue
        amount = half_up((weight * own + (1 - weight) * state) * trend)
        rows.append(
            {
                "entity_id": entity,
                "price": "target_price",
                "cohort": rules.get("cohorts.otherwise"),
                "effective_from": period.first,
                "effective_to": period.last + timedelta(days=1),
                "amount_cents": amount,
            }
        )
    return rows


def candidates(episodes: list[Row]) -> set[str]:
    return {e[column] for e in episodes for column in ("attributed_entity_id", "deliverer") if e[column] is not None}


def thresholds(kept: list[Row], result: Row, rules: Rules, trend: Fraction) -> list[Row]:
    rows = []
    roster = result["participation"]
    for entity in sorted({e["attributed_entity_id"] for e in kept if e["attributed_entity_id"] is not None}):
        start = first_joined(roster, entity)
        if start is None:
            continue
        end = add_years(start, rules.get("prices.valid_years"))
        for cohort in sorted({e["cohort"] for e in kept if e["attributed_entity_id"] == entity}):
            average = mean([e for e in kept if e["attributed_entity_id"] == entity and e["cohort"] == cohort])
            if not average:
                continue
            for name, amount in (("acceptable_threshold", average * trend), ("commendable_threshold", commendable(average, trend, rules))):
                rows.append(
                    {
                        "entity_id": entity,
                        "price": name,
                        "cohort": cohort,
                        "effective_from": start,
                        "effective_to": end,
                        "amount_cents": half_up(amount),
                    }
                )
    return rows


def commendable(average: Fraction, trend: Fraction, rules: Rules) -> Fraction:
    flat = rules.get("prices.minimum_savings_amount")
    if flat not in (None, "off"):
        cut = Fraction(flat) * 100
        return (average - cut) * trend if rules.get("prices.minimum_savings_applied") == "before_trend" else average * trend - cut
    return average * trend * (1 - Fraction(rules.get("prices.minimum_savings_rate")))
