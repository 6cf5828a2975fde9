"""Results that rest on few units: pool years, shrink to the peers, or leave the measure out. Which of them is a rule, never a default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction


def shrunk(result: Fraction, units: int, peer_mean: Fraction, k: Fraction) -> Fraction:
    """(n × result + K × peer mean) / (n + K): with K units of the peers' evidence mixed in. K is stated in the rules.

    Raises:
        ValueError: if nothing would be left to divide by, or K is negative.
    """
    if k < 0 or units < 0 or units + k == 0:
        raise ValueError(f"cannot shrink {units} units with K = {k}")
    return (units * result + k * peer_mean) / (units + k)


def pooled_counts(years: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Numerator and denominator of several periods together."""
    listed = list(years)
    return sum(n for n, _ in listed), sum(d for _, d in listed)


def pooled_distribution(years: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The values of several periods together."""
    total: dict[int, int] = {}
    for year in years:
        for value, units in year.items():
            total[value] = total.get(value, 0) + units
    return total


def mean_of_peers(results: Sequence[tuple[Fraction, int]]) -> Fraction | None:
    """The peers' mean, each result weighing as many as its units; None without units."""
    units = sum(n for _, n in results)
    return sum((rate * n for rate, n in results), Fraction(0)) / units if units else None
