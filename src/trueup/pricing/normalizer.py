"""Risk normalization: scores are divided by the base period's mean, and that one number is carried into every later year."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from trueup.errors import Refused
from trueup.money import to_places


def normalizer(groups: Iterable[tuple[Decimal, int]]) -> Decimal:
    """The mean raw score of the base, to six decimals, from (score, episodes).

    Raises:
        Refused: TRU-P046 where the mean is not positive.
    """
    rows = list(groups)
    episodes = sum(count for _, count in rows)
    total = sum((Fraction(score) * count for score, count in rows), Fraction(0))
    if episodes <= 0 or total <= 0:
        raise Refused("TRU-P046", "the base has no positive mean risk to normalize by.", next_step="Look at the scores of the base.")
    return to_places(total / episodes, 6)


def normalized(score: Decimal, by: Decimal) -> Decimal:
    """A raw score / the carried normalizer, to six decimals. A year's own mean is never used in its place."""
    return to_places(Fraction(score) / Fraction(by), 6)


def coding_growth(carried: Decimal, year: Decimal) -> Decimal:
    """How much the mean raw score rose since the base: year's mean / carried normalizer, to six decimals.

    Whether a program takes it out is its policy; it is a factor with a line of its own and never folded into the normalizer.
    """
    return normalized(year, carried)
