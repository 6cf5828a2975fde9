"""Sums, averages and percentages for display. Each is a function of table values only, and shown parts add up to the shown total.

Averages and percentages are split by largest remainder, so that a reader who adds the printed rows gets the printed total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from trueup.errors import CheckFailed, Place
from trueup.money import round_half_up

# The two-sided 90% factor of the normal distribution.
_NINETY_PERCENT = Decimal("1.645")


def largest_remainder(exact: Sequence[Fraction], total: int) -> list[int]:
    """Integers near `exact` that add up to `total`; ties go to the earlier part. `total` is within one per part of the exact sum."""
    parts = [value.numerator // value.denominator for value in exact]
    missing = total - sum(parts)
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in order[:missing]:
        parts[index] += 1
    return parts


def average(total_cents: int, count: int) -> int:
    """Cents per episode, half away from zero; zero for no episodes."""
    return round_half_up(Fraction(total_cents, count)) if count else 0


def averages(parts_cents: Sequence[int], count: int) -> list[int]:
    """Cents per episode of each part; their sum is `average(sum(parts_cents), count)`."""
    if not count:
        return [0] * len(parts_cents)
    return largest_remainder([Fraction(part, count) for part in parts_cents], average(sum(parts_cents), count))


def percents(parts: Sequence[int], places: int = 1) -> list[Decimal]:
    """Percent of the total of each part, adding up to exactly 100; all zero if the total is zero or a part is negative."""
    total, scale = sum(parts), 10**places
    if total <= 0 or any(part < 0 for part in parts):
        return [Decimal(0)] * len(parts)
    shares = largest_remainder([Fraction(part * 100 * scale, total) for part in parts], 100 * scale)
    return [Decimal(share).scaleb(-places) for share in shares]


def percent(part: int, whole: int, places: int = 1) -> Decimal | None:
    """`part` in percent of `whole`; None if `whole` is zero."""
    return Decimal(round_half_up(Fraction(part * 100 * 10**places, whole))).scaleb(-places) if whole else None


def chance_percent(costs_cents: Iterable[int]) -> int | None:
    """By how many percent chance alone moves an average: 1.645 standard errors over the mean. None below two episodes or at no cost.

    With n costs of sum S and sum of squares Q, that ratio is 1.645 × sqrt((nQ − S²) / (n − 1)) / S.
    """
    costs = list(costs_cents)
    count, total = len(costs), sum(costs)
    if count < 2 or total <= 0:
        return None
    spread = count * sum(cost * cost for cost in costs) - total * total
    with localcontext() as context:
        context.prec = 40
        ratio = _NINETY_PERCENT * (Decimal(spread) / (count - 1)).sqrt() / total
        return round_half_up(ratio * 100)


def must_equal(what: str, shown: int, stored: int | None, source: str, *, code: str = "TRU-C041") -> None:
    """Stop when a figure does not tie to its table. `stored` None means that the table holds no such figure."""
    if stored is not None and shown != stored:
        raise CheckFailed(
            code,
            f"{what}: the rows add up to {shown}, the table says {stored} (counts, or cents).",
            place=Place(source),
            next_step="Run `trueup verify`; do not send the reports of this run.",
        )
