"""Terms that related programs add to the two mechanisms, as small pure functions: limits, caps, volume and risk placement.

Money is cents as exact fractions; nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction


def gain_limited(actual_cents: int, unit_count: int, limit_cents: int | None) -> int:
    """The actual total as far as gains reward it: an average below the gain limit counts as the limit."""
    return actual_cents if limit_cents is None else max(actual_cents, limit_cents * unit_count)


def enough_units(unit_count: int, minimum: int | None) -> bool:
    """Whether there are enough units to settle at all: at least the minimum."""
    return minimum is None or unit_count >= minimum


def capped(amount: Fraction, gain_cap: Fraction | None, loss_cap: Fraction | None) -> Fraction:
    """Stop-gain and stop-loss: an amount between −loss_cap and gain_cap; None is no cap, a loss cap of 0 is upside only."""
    if gain_cap is not None and amount > gain_cap:
        return gain_cap
    if loss_cap is not None and amount < -loss_cap:
        return -loss_cap
    return amount


def quality_adjusted(gross: Fraction, score: Decimal, gain_rate: Decimal, loss_rate: Decimal) -> Fraction:
    """A composite score from 0 to 100 trims both sides: gains lose gain_rate × (1 − score/100), losses lose loss_rate × score/100."""
    share = Fraction(score) / 100
    return gross * (1 - Fraction(gain_rate) * (1 - share)) if gross > 0 else gross * (1 - Fraction(loss_rate) * share)


def risk_on_actual(costs_and_scores: Iterable[tuple[int, Decimal]]) -> Fraction:
    """Total of each unit's cost divided by its own risk score: the actual side carries the adjustment."""
    return sum((Fraction(cost) / Fraction(score) for cost, score in costs_and_scores), Fraction(0))


def risk_on_target(target_cents: int, scores: Iterable[Decimal]) -> Fraction:
    """The target times the sum of the risk scores: the expected side carries the adjustment."""
    return target_cents * sum((Fraction(score) for score in scores), Fraction(0))
