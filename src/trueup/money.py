"""Exact money: integer cents in tables, `Decimal` for the few divisions and roundings at entity grain.

Rounding is half away from zero everywhere, once, where a rule says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

_DOLLARS = re.compile(r"^-?\d+(\.\d{1,2})?$")
_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)


def parse_cents(text: str) -> int:
    """Cents of dollar text with at most two decimals, e.g. `-12.5` -> -1250. Raises ValueError for any other form."""
    if not _DOLLARS.match(text):
        raise ValueError(f"not an amount with at most two decimals: {text!r}")
    return int((Decimal(text) * 100).to_integral_value())


def format_cents(cents: int) -> str:
    """Dollar text with two decimals and no separators, e.g. -1250 -> `-12.50`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def round_half_up(value: Decimal | Fraction) -> int:
    """The nearest integer; halves go away from zero."""
    return _rounded(*value.as_integer_ratio())


def _rounded(above: int, below: int) -> int:
    whole = (2 * abs(above) + below) // (2 * below)
    return whole if above >= 0 else -whole


def multiply(cents: int, *rates: Decimal) -> int:
    """`cents` times rates, exact, rounded once to a cent."""
    product = Fraction(cents)
    for rate in rates:
        product *= Fraction(rate)
    return round_half_up(product)


def to_places(value: Fraction | Decimal, places: int) -> Decimal:
    """`value` with that many decimals, half away from zero."""
    above, below = value.as_integer_ratio()
    scaled = _rounded(above * 10**places, below)
    with localcontext(_EXACT):
        return Decimal(scaled).scaleb(-places)


def split(cents: int, weights: Sequence[Decimal | int]) -> list[int]:
    """Split `cents` by weights so that the parts add up exactly: largest remainder, ties to the earlier part.

    Raises ValueError if the weights are negative or all zero.
    """
    shares = [Fraction(w) for w in weights]
    total = sum(shares, Fraction(0))
    if total <= 0 or any(s < 0 for s in shares):
        raise ValueError("weights must be non-negative and not all zero")
    sign, amount = (-1 if cents < 0 else 1), abs(cents)
    exact = [amount * s / total for s in shares]
    parts = [int(e) for e in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return [sign * p for p in parts]


def nearest_rank(values: Sequence[int], percentile: Decimal) -> int:
    """The value at rank ceil(p*n) of the ascending values, 0 < p <= 1. Raises ValueError on an empty list."""
    if not values:
        raise ValueError("no values")
    rank = -(-Fraction(percentile) * len(values) // 1)
    return sorted(values)[max(int(rank), 1) - 1]
