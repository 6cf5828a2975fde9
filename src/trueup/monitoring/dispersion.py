"""Over-dispersion: entities differ more than chance allows, because case mix is never wholly known; limits are widened for it.

phi = mean of squared z-scores, the extreme ones pulled in first so that the entities one looks for do not set the limits (Spiegelhalter).
Limits widen by the root of phi; phi below 1 narrows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from trueup.monitoring.distributions import normal_low, normal_quantile


def z_score(events: int, units: int, target: Fraction) -> Decimal:
    """How many standard errors the rate lies from the target. Raises ValueError without units or for a target of 0 or 1."""
    if units <= 0 or not 0 < target < 1:
        raise ValueError("needs units and a target between 0 and 1")
    gap = events - target * units
    variance = units * target * (1 - target)
    return _decimal(gap) / _decimal(variance).sqrt()


def winsorize(scores: Sequence[Decimal], share: Decimal) -> list[Decimal]:
    """The scores, ascending, with the floor(share x n) lowest and highest replaced by the nearest score that stays."""
    ordered = sorted(scores)
    cut = int(share * len(ordered))
    if cut == 0 or 2 * cut >= len(ordered):
        return ordered
    kept = ordered[cut:-cut]
    return [kept[0]] * cut + kept + [kept[-1]] * cut


def dispersion(scores: Sequence[Decimal], share: Decimal) -> Decimal:
    """phi, the mean of the squared winsorized scores; 1 where there are none."""
    if not scores:
        return Decimal(1)
    return sum((z * z for z in winsorize(scores, share)), Decimal(0)) / len(scores)


def widening(phi: Decimal) -> Decimal:
    """What limits are multiplied with and z-scores divided by: the root of phi, never below 1."""
    return max(phi, Decimal(1)).sqrt()


def widened(tail: float, phi: Decimal) -> float:
    """A tail probability as it is where scores spread `widening(phi)` times as far: the tail of z / root phi."""
    if phi <= 1 or tail in (0.0, 1.0):
        return tail
    return normal_low(normal_quantile(tail) / float(widening(phi)))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
