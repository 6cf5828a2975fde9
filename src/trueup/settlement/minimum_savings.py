"""The minimum savings rate by size: the smaller an entity, the more of its savings may be chance, and the more it must save to share any.

A table gives the rate at both ends of each bracket of assigned members. Between them it falls in a straight line, and the line ends at the
bracket's last printed number of members (999, not 1,000):

    rate = rate_from + (rate_to − rate_from) × (members − from_members) / (to_members − from_members)

Rates are shares of one, exact, and are never rounded before they are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Bracket:
    """One bracket, both ends included; without `to_members` it is open and its rate is `rate_from`. `id` is its id in the rules."""

    id: str
    from_members: int
    to_members: int | None
    rate_from: Decimal
    rate_to: Decimal


def bracket_of(brackets: Sequence[Bracket], members: int) -> Bracket | None:
    """The bracket that holds a number of members; None where the table does not reach."""
    return next((b for b in brackets if b.from_members <= members and (b.to_members is None or members <= b.to_members)), None)


def rate_in(bracket: Bracket, members: int) -> Fraction:
    """The rate for a number of members of that bracket."""
    first, last = Fraction(bracket.rate_from), Fraction(bracket.rate_to)
    if bracket.to_members is None or bracket.to_members == bracket.from_members:
        return first
    return first + (last - first) * Fraction(members - bracket.from_members, bracket.to_members - bracket.from_members)


def minimum_savings_rate(brackets: Sequence[Bracket], members: int) -> Fraction | None:
    """The rate of the table for a number of members; None, never a guess, where the table does not reach."""
    bracket = bracket_of(brackets, members)
    return None if bracket is None else rate_in(bracket, members)
