"""The arithmetic of targets and thresholds, each rule one function; nothing here rounds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

Order = Literal["before_trend", "after_trend"]


def blend(own: Fraction, state: Fraction, weight_own: Fraction | Decimal) -> Fraction:
    """weight × own + (1 − weight) × state."""
    weight = Fraction(weight_own)
    return weight * own + (1 - weight) * state


def acceptable(mean: Fraction, factor: Decimal | Fraction) -> Fraction:
    """The acceptable threshold in cents, unrounded: the entity's own mean × trend (and whatever other factors there are)."""
    return mean * Fraction(factor)


def commendable_by_rate(mean: Fraction, factor: Decimal | Fraction, rate: Decimal) -> Fraction:
    """The commendable threshold in cents, unrounded: a share below the acceptable one. Before or after trend is the same."""
    return acceptable(mean, factor) * (1 - Fraction(rate))


def commendable_by_amount(mean: Fraction, factor: Decimal | Fraction, amount_cents: Fraction, applied: Order) -> Fraction:
    """The commendable threshold in cents, unrounded: an amount below the mean, taken off before or after trend (the order matters)."""
    if applied == "before_trend":
        return (mean - amount_cents) * Fraction(factor)
    return acceptable(mean, factor) - amount_cents
