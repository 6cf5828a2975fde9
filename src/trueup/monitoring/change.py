"""Before and after: whether a rate or a mean moved, by itself and against what moved for everybody else.

Statewide telehealth or a change of codes moves everyone, so a fall is held against the peers' fall: a difference in differences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trueup.monitoring.distributions import fisher, normal_low, six

SMALL_CELL = 5  # below this many expected units in a cell the normal approximation fails and Fisher's exact test is used


@dataclass(frozen=True, slots=True)
class Share:
    """Events among units."""

    events: int
    units: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.events, self.units)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `units` values and their standard deviation."""

    mean: Decimal
    deviation: Decimal
    units: int


@dataclass(frozen=True, slots=True)
class Change:
    """after minus before, in standard errors (None where the spread is zero), with its tails in six decimals."""

    difference: Fraction
    z: Decimal | None
    low_tail: Decimal
    high_tail: Decimal
    method: Literal["z", "fisher", "difference_in_differences"]
    two_sided: Decimal

    def p_value(self, direction: str) -> Decimal:
        """The tail that the check looks at."""
        return {"low": self.low_tail, "high": self.high_tail}.get(direction, self.two_sided)


def share_change(before: Share, after: Share) -> Change:
    """Two proportions with a pooled variance; Fisher's exact test where an expected cell is small."""
    pooled = Fraction(before.events + after.events, before.units + after.units)
    difference = after.rate - before.rate
    if min(before.units, after.units) * min(pooled, 1 - pooled) < SMALL_CELL:
        table = (after.events, after.units, before.events, before.units)
        low, high, both = (six(fisher(*table, side)) for side in ("less", "greater", "two-sided"))
        return Change(difference, None, low, high, "fisher", both)
    return _normal(difference, pooled * (1 - pooled) * (Fraction(1, before.units) + Fraction(1, after.units)), "z")


def mean_change(before: Mean, after: Mean) -> Change:
    """Two means with the pooled standard deviation of both."""
    freedom = before.units + after.units - 2
    squares = sum((m.units - 1) * Fraction(m.deviation) ** 2 for m in (before, after))
    variance = Fraction(squares) / freedom * (Fraction(1, before.units) + Fraction(1, after.units))
    return _normal(Fraction(after.mean) - Fraction(before.mean), variance, "z")


def share_against_peers(before: Share, after: Share, peers_before: Share, peers_after: Share) -> Change:
    """The change of an entity less the change of its peers; each of the four rates brings its own variance."""
    difference = (after.rate - before.rate) - (peers_after.rate - peers_before.rate)
    variance = sum((s.rate * (1 - s.rate) / s.units for s in (before, after, peers_before, peers_after)), Fraction(0))
    return _normal(difference, variance, "difference_in_differences")


def mean_against_peers(before: Mean, after: Mean, peers_before: Mean, peers_after: Mean) -> Change:
    """The same for means."""
    difference = Fraction(after.mean) - Fraction(before.mean) - Fraction(peers_after.mean) + Fraction(peers_before.mean)
    variance = sum((Fraction(m.deviation) ** 2 / m.units for m in (before, after, peers_before, peers_after)), Fraction(0))
    return _normal(difference, variance, "difference_in_differences")


@dataclass(frozen=True, slots=True)
class Moments:
    """How many units, and the sums of their whole-number values and of the squares: of several entities together they add up."""

    units: int = 0
    total: int = 0
    squares: int = 0

    @property
    def mean(self) -> Fraction:
        return Fraction(self.total, self.units)

    @property
    def variance(self) -> Fraction:
        """Of a sample: two units or more."""
        return (self.squares - self.units * self.mean**2) / (self.units - 1)

    def plus(self, other: Moments) -> Moments:
        return Moments(self.units + other.units, self.total + other.total, self.squares + other.squares)

    def minus(self, other: Moments) -> Moments:
        return Moments(self.units - other.units, self.total - other.total, self.squares - other.squares)


def moments_of(counted: Iterable[tuple[int, int]]) -> Moments:
    """Of (value, how many units have it)."""
    units = total = squares = 0
    for value, times in counted:
        units, total, squares = units + times, total + value * times, squares + value * value * times
    return Moments(units, total, squares)


def mean_of(m: Moments) -> Mean:
    """The mean and sample standard deviation. Raises ValueError without two units."""
    if m.units < 2:
        raise ValueError("a spread needs two units")
    return Mean(_decimal(m.mean), _decimal(m.variance).sqrt(), m.units)


def _normal(difference: Fraction, variance: Fraction, method: Literal["z", "difference_in_differences"]) -> Change:
    if variance == 0:  # nothing varied: a change is certain, no change is none
        low, high = Decimal(int(difference >= 0)), Decimal(int(difference <= 0))
        return Change(difference, None, low, high, method, Decimal(int(difference == 0)))
    z = _decimal(difference) / _decimal(variance).sqrt()
    low, high = normal_low(z), normal_low(-z)
    return Change(difference, z, six(low), six(high), method, six(min(1.0, 2 * min(low, high))))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
