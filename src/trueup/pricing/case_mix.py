"""Case mix by indirect standardization: what a hospital's own members would have had at everybody's rates, group by group.

The adjusted result is observed / expected x everybody's result. A hospital with the same members as everybody keeps its result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cell:
    """Units of one group, and the sum of their values (or how many are in the numerator)."""

    units: int
    total: int


def adjusted(own: Mapping[str, Cell], everybody: Mapping[str, Cell]) -> Fraction | None:
    """The adjusted mean or proportion; None without units, or where nobody had any of what is counted.

    Args:
        own: the hospital's cells by group; every group is among everybody's.
        everybody: the cells of all hospitals together, this one included.
    """
    units, total = sum(c.units for c in everybody.values()), sum(c.total for c in everybody.values())
    expected = sum((c.units * Fraction(everybody[g].total, everybody[g].units) for g, c in own.items() if c.units), Fraction(0))
    if not sum(c.units for c in own.values()) or not expected:
        return None
    return Fraction(sum(c.total for c in own.values())) / expected * Fraction(total, units)
