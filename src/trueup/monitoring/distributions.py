"""Tail probabilities: the only module that meets the library scipy.

Floats live between this module and `six`: a probability is rounded to six decimals before anything is compared with it or printed, so
that two builds of the library, which differ in the fifteenth digit at most, state the same. Everything else in this package is exact.
"""

from __future__ import annotations

import importlib
from bisect import bisect_left
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from trueup.errors import Refused
from trueup.money import to_places

Number = int | Fraction | Decimal
Side = Literal["two-sided", "less", "greater"]
_SIX = Decimal("0.000001")


@cache
def _library(name: str) -> Any:
    """A part of the library, or a refusal that says how to get it. Raises Refused (TRU-Q040)."""
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError as error:
        step = "Install trueup with the extra `actuarial`, or leave the section `monitoring` out."
        raise Refused("TRU-Q040", "monitoring needs the library scipy, which is not installed.", next_step=step) from error


def six(value: float | Number) -> Decimal:
    """A number with six decimals, half away from zero."""
    return Decimal(repr(float(value))).quantize(_SIX, ROUND_HALF_UP) if isinstance(value, float) else to_places(Fraction(value), 6)


def binomial_low(events: int, units: int, rate: Number) -> float:
    """P(X <= events) for X of `units` trials at `rate`."""
    return 0.0 if events < 0 else 1.0 if events >= units else float(_library("special").bdtr(events, units, float(rate)))


def binomial_high(events: int, units: int, rate: Number) -> float:
    """P(X >= events) for X of `units` trials at `rate`."""
    return 1.0 if events <= 0 else 0.0 if events > units else float(_library("special").bdtrc(events - 1, units, float(rate)))


def binomial_quantile(share: float, units: int, rate: Number) -> int:
    """The smallest count whose P(X <= count) reaches `share`."""
    return bisect_left(range(units), share, key=lambda count: binomial_low(count, units, rate))


def fisher(events: int, units: int, other_events: int, other_units: int, side: Side = "two-sided") -> float:
    """Fisher's exact probability of a table at least as far out if two groups share one rate; `less`: the first group's events are few."""
    table = [[events, units - events], [other_events, other_units - other_events]]
    return float(_library("stats").fisher_exact(table, alternative=side)[1])


def normal_low(z: float | Number) -> float:
    """P(Z <= z) of a standard normal."""
    return float(_library("special").ndtr(float(z)))


def normal_quantile(share: float) -> float:
    """The z below which a standard normal falls with probability `share`."""
    return float(_library("special").ndtri(share))
