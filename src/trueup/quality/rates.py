"""Results of measures from counts: proportions, means, medians, geometric and trimmed means, exact.

A distribution is how many units have each value: `{value: units}`. Everything is a `Fraction`; only the geometric mean is rounded, once,
because it has no end. Nothing here knows a direction: which way is better is the business of points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from trueup.errors import CheckFailed

GEOMETRIC_PLACES = 12
_LOGS = Context(prec=60, rounding=ROUND_HALF_EVEN)

Distribution = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Result:
    """A result of a measure. `units` are those behind `rate`, `all_units` those behind `untrimmed`; they differ only for a trimmed mean."""

    rate: Fraction
    units: int
    untrimmed: Fraction
    all_units: int


def proportion(numerator: int, denominator: int) -> Fraction:
    """The share of a denominator that meets a measure.

    Raises:
        CheckFailed: TRU-Q001 if the denominator is not positive, or the numerator lies outside it: such counts are no rate.
    """
    if denominator <= 0 or not 0 <= numerator <= denominator:
        raise CheckFailed("TRU-Q001", f"{numerator} of {denominator} is no rate.", next_step="Count again: this must not come so far.")
    return Fraction(numerator, denominator)


def count(distribution: Distribution) -> int:
    """How many units there are. Raises CheckFailed (TRU-Q002) if a value has a negative number of them."""
    if any(units < 0 for units in distribution.values()):
        raise CheckFailed("TRU-Q002", "a value has fewer than no units.", next_step="Count again: this must not come so far.")
    return sum(distribution.values())


def mean(distribution: Distribution) -> Fraction | None:
    """The arithmetic mean; None without units."""
    units = count(distribution)
    return Fraction(sum(value * n for value, n in distribution.items()), units) if units else None


def median(distribution: Distribution) -> Fraction | None:
    """The middle value, or halfway between the two middle ones; None without units."""
    units = count(distribution)
    if not units:
        return None
    return Fraction(value_at(distribution, (units - 1) // 2) + value_at(distribution, units // 2), 2)


def geometric_mean(distribution: Distribution) -> Fraction | None:
    """exp of the mean of the logarithms, to twelve decimals.

    None without units, and None if a value is not positive: a logarithm of zero does not exist, and leaving the unit out would be a choice.
    """
    units = count(distribution)
    held = {value: n for value, n in distribution.items() if n}
    if not units or min(held) <= 0:
        return None
    total = Decimal(0)
    for value, n in sorted(held.items()):
        total = _LOGS.add(total, _LOGS.multiply(_LOGS.ln(Decimal(value)), Decimal(n)))
    found = _LOGS.exp(_LOGS.divide(total, Decimal(units)))
    return Fraction(found.quantize(Decimal(1).scaleb(-GEOMETRIC_PLACES), context=_LOGS))


def fences(distribution: Distribution, method: str = "linear") -> tuple[Fraction, Fraction]:
    """Q1 - 3 IQR and Q3 + 3 IQR of the values, IQR = Q3 - Q1. Values on a fence are kept. `method` is the rank rule of the quartiles."""
    ordered = expand(distribution)
    low, high = percentile(ordered, Fraction(1, 4), method), percentile(ordered, Fraction(3, 4), method)
    reach = 3 * (high - low)
    return low - reach, high + reach


def within(distribution: Distribution, low: Fraction, high: Fraction) -> dict[int, int]:
    """The part of a distribution from `low` to `high`, both included."""
    return {value: n for value, n in distribution.items() if low <= value <= high}


def cut_ends(distribution: Distribution, percent: int) -> dict[int, int]:
    """A distribution without that percentage of its units at each end, whole units, rounded down."""
    units = count(distribution)
    drop = units * percent // 100
    kept: dict[int, int] = {}
    seen = 0
    for value, n in sorted(distribution.items()):
        first, last = max(seen, drop), min(seen + n, units - drop)
        if last > first:
            kept[value] = last - first
        seen += n
    return kept


def result_of(
    distribution: Distribution, statistic: str, trim: tuple[Fraction, Fraction] | None = None, trim_percent: int | None = None
) -> Result | None:
    """The result of a mean-like measure with its untrimmed companion; None where there is none.

    Args:
        distribution: values of one entity and period.
        statistic: mean, median, geometric_mean or trimmed_mean.
        trim: the fences of a trimmed mean, from all entities together, so that an entity cannot widen its own; without them its own.
        trim_percent: instead of fences, the percentage of units cut at each end.
    """
    plain = mean(distribution)
    if plain is None:
        return None
    units = count(distribution)
    if statistic == "trimmed_mean":
        kept = cut_ends(distribution, trim_percent) if trim_percent else within(distribution, *(trim or fences(distribution)))
        inner = mean(kept)
        return Result(inner, count(kept), plain, units) if inner is not None else None
    found = {"mean": mean, "median": median, "geometric_mean": geometric_mean}[statistic](distribution)
    return Result(found, units, found, units) if found is not None else None


# --- ranks ---------------------------------------------------------------------------------------------------------------------------


def expand(distribution: Distribution) -> list[Fraction]:
    """The values one by one, ascending."""
    return [Fraction(value) for value, n in sorted(distribution.items()) for _ in range(n)]


def value_at(distribution: Distribution, position: int) -> int:
    """The value at a position (from 0) of the ascending units. Raises IndexError beyond the last."""
    for value, n in sorted(distribution.items()):
        if position < n:
            return value
        position -= n
    raise IndexError(position)


def percentile(ordered: Sequence[Fraction], share: Fraction, method: str) -> Fraction:
    """A percentile of values that are already in order, by a named rank rule.

    `nearest_rank` is the value at rank ceil(p × n); `linear` (type 7) lies between the two values around position (n - 1) × p, and `higher`
    is the further one of them. Values ordered from worst to best give percentiles that count toward the best.

    Raises:
        ValueError: without values, or for a share outside 0 to 1.
    """
    if not ordered or not 0 <= share <= 1:
        raise ValueError(f"no percentile {share} of {len(ordered)} values")
    if method == "nearest_rank":
        return ordered[max(-int(-share * len(ordered) // 1) - 1, 0)]
    position = share * (len(ordered) - 1)
    low = int(position)
    part = position - low
    if not part:
        return ordered[low]
    if method == "higher":
        return ordered[low + 1]
    return ordered[low] + part * (ordered[low + 1] - ordered[low])
