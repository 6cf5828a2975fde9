"""Funnel limits: how far a count may lie from its target by chance alone.

Exact, probability-based prediction limits of a count, not confidence intervals: with few events the tails of an approximation are wrong by
a third and more. A count is inside where its own tail is not below the level; the lowest count inside is the binomial quantile of
the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.monitoring.dispersion import widened, widening
from trueup.monitoring.distributions import binomial_high, binomial_low, binomial_quantile, normal_low, normal_quantile, six

Direction = Literal["low", "high", "both"]
NO_SPREAD = Decimal(1)


@dataclass(frozen=True, slots=True)
class Limits:
    """The lowest and the highest count that chance allows, both inside."""

    low: int
    high: int


def low_tail(events: int, units: int, target: Fraction, phi: Decimal = NO_SPREAD) -> Decimal:
    """P(X <= events), widened for over-dispersion, with six decimals."""
    return six(widened(binomial_low(events, units, target), phi))


def high_tail(events: int, units: int, target: Fraction, phi: Decimal = NO_SPREAD) -> Decimal:
    """P(X >= events), widened for over-dispersion, with six decimals."""
    return six(widened(binomial_high(events, units, target), phi))


def p_value(events: int, units: int, target: Fraction, direction: Direction, phi: Decimal = NO_SPREAD) -> Decimal:
    """The tail on the side the check looks at; for both, twice the smaller one, at most 1."""
    if direction == "low":
        return low_tail(events, units, target, phi)
    if direction == "high":
        return high_tail(events, units, target, phi)
    return min(Decimal(1), 2 * min(low_tail(events, units, target, phi), high_tail(events, units, target, phi)))


def limits(units: int, target: Fraction, level: Decimal, phi: Decimal = NO_SPREAD) -> Limits:
    """The counts inside at a tail of `level` on each side, for example 0.025 for 95 percent limits."""
    low = binomial_quantile(_share(level, phi), units, target)
    while low > 0 and low_tail(low - 1, units, target, phi) >= level:
        low -= 1
    while low < units and low_tail(low, units, target, phi) < level:
        low += 1
    high = binomial_quantile(1 - _share(level, phi), units, target)
    while high < units and high_tail(high + 1, units, target, phi) >= level:
        high += 1
    while high > 0 and high_tail(high, units, target, phi) < level:
        high -= 1
    return Limits(low, high)


def _share(level: Decimal, phi: Decimal) -> float:
    """The tail of a count without over-dispersion that becomes `level` once it is widened."""
    return float(level) if phi <= 1 else normal_low(normal_quantile(float(level)) * float(widening(phi)))
