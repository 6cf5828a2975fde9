"""Bernoulli CUSUM: a running sum that rises with each failure and falls with each success, and signals while a year is still running.

Weights are log-likelihood ratios of the unacceptable to the acceptable rate of success, in whole ten-thousandths so that sums are exact.
The sum never falls below 0 and signals at h. h is the smallest step at which simulated entities whose care is acceptable run, on average,
at least the wanted number of units before a false signal; the generator is seeded and is the same on every platform.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache

SCALE = 10_000
STEP = 500  # h is searched in steps of 0.05
PATHS = 1_000
DEFAULT_SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Weights:
    """What one unit adds to the sum, in ten-thousandths."""

    success: int
    failure: int


@dataclass(frozen=True, slots=True)
class Signal:
    """Where a sum stood at its highest and at its end, in ten-thousandths, and after which unit (from 1) it first reached h."""

    highest: int
    last: int
    at_unit: int | None


def weights(acceptable: Decimal, unacceptable: Decimal) -> Weights:
    """ln(p1/p0) per success and ln((1-p1)/(1-p0)) per failure.

    Raises ValueError unless 0 < unacceptable < acceptable < 1: the sum watches for a fall.
    """
    if not 0 < unacceptable < acceptable < 1:
        raise ValueError("needs 0 < unacceptable < acceptable < 1")
    with localcontext() as context:
        context.prec = 28
        success = (unacceptable / acceptable).ln()
        failure = ((1 - unacceptable) / (1 - acceptable)).ln()
        return Weights(round(success * SCALE), round(failure * SCALE))


def run(successes: Iterable[bool], each: Weights, h: int) -> Signal:
    """The sum over units in their order, reset at 0. It goes on after a signal, so that `highest` and `last` tell of the whole period."""
    total = highest = 0
    at_unit: int | None = None
    for number, success in enumerate(successes, 1):
        total = max(0, total + (each.success if success else each.failure))
        highest = max(highest, total)
        if at_unit is None and total >= h:
            at_unit = number
    return Signal(highest, total, at_unit)


class _Path:
    """One simulated entity whose care is acceptable; it goes on from where a lower h was reached."""

    def __init__(self, seed: int, each: Weights, acceptable: float) -> None:
        self.draw = random.Random(seed).random
        self.each, self.acceptable, self.total, self.units = each, acceptable, 0, 0

    def until(self, h: int, limit: int) -> int:
        """Units until the sum first reaches `h`; the count so far where `limit` comes first."""
        draw, acceptable, success, failure, total, units = (
            self.draw, self.acceptable, self.each.success, self.each.failure, self.total, self.units,
        )  # fmt: skip
        while total < h and units < limit:
            total += success if draw() < acceptable else failure
            if total < 0:
                total = 0
            units += 1
        self.total, self.units = total, units
        return units


@cache
def threshold(acceptable: Decimal, unacceptable: Decimal, in_control_run: int, seed: int = DEFAULT_SEED) -> int:
    """The smallest h, in ten-thousandths and steps of 0.05, whose mean run under acceptable care is at least `in_control_run` units.

    The mean is over 1,000 simulated entities. A run longer than a hundred times the wanted one is cut there, which can only raise h.
    """
    each = weights(acceptable, unacceptable)
    paths = [_Path(seed + number, each, float(acceptable)) for number in range(PATHS)]
    h = STEP
    while sum(path.until(h, 100 * in_control_run) for path in paths) < in_control_run * PATHS:
        h += STEP
    return h
