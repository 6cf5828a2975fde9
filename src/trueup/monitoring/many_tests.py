"""Many tests at once: of a hundred true ones, five fall below 0.05. Benjamini and Hochberg hold the share of false flags instead."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def adjusted(p_values: Sequence[Decimal]) -> list[Fraction]:
    """Adjusted p-values in the order given: the smallest of p x m / rank over this rank and those above, at most 1.

    A test is a discovery at q where its adjusted value is at most q. Exact; larger p never has a smaller adjusted value.
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i])
    found, least = [Fraction(1)] * count, Fraction(1)
    for rank in range(count, 0, -1):
        least = min(least, Fraction(p_values[order[rank - 1]]) * count / rank)
        found[order[rank - 1]] = least
    return found


def discoveries(p_values: Sequence[Decimal], q: Decimal) -> list[bool]:
    """Which tests stay flagged when at most the share `q` of the flags may be false."""
    return [value <= Fraction(q) for value in adjusted(p_values)]
