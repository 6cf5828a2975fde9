"""The table of minimum savings rates: both ends, the straight line between them, and where it does not reach."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from trueup.rules.load import load_program
from trueup.settlement.minimum_savings import Bracket, bracket_of, minimum_savings_rate
from trueup.settlement.savings_terms import brackets_of

TABLE = [
    Bracket("low", 1000, 1999, Decimal("0.05"), Decimal("0.04")),
    Bracket("high", 2000, None, Decimal("0.02"), Decimal("0.02")),
]


@pytest.mark.parametrize(
    ("members", "rate"),
    [
        (999, None),
        (1000, Fraction(5, 100)),
        (1001, Fraction(5, 100) - Fraction(1, 100) * Fraction(1, 999)),
        (1999, Fraction(4, 100)),
        (2000, Fraction(2, 100)),
        (10**9, Fraction(2, 100)),
    ],
)
def test_the_line_ends_at_the_printed_top(members: int, rate: Fraction | None) -> None:
    assert minimum_savings_rate(TABLE, members) == rate


def test_a_gap_is_unknown() -> None:
    assert bracket_of([TABLE[0]], 2000) is None


@pytest.mark.parametrize(
    ("members", "published"),
    [
        (5000, "3.9"), (5500, "3.74985"), (5999, "3.6"), (12500, "2.84997"), (30324, "2.39676"), (60000, "2.0"), (3785, "4.56803"),
        (1708, "7.38954"), (640, "11.21804"), (10274, "2.98356"),
    ],
)  # fmt: skip
def test_the_published_rates(programs: Path, members: int, published: str) -> None:
    rate = minimum_savings_rate(brackets_of(load_program(programs, "mssp")), members)
    assert rate is not None
    assert abs(rate * 100 - Fraction(published)) <= Fraction(5, 10**6)


def test_below_five_hundred_there_is_none(programs: Path) -> None:
    brackets = brackets_of(load_program(programs, "mssp"))
    assert minimum_savings_rate(brackets, 499) is None
    assert minimum_savings_rate(brackets, 500) == Fraction(122, 1000)
