"""Sums, averages and percentages for display."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed
from trueup.reports.figures import average, averages, chance_percent, largest_remainder, must_equal, percent, percents


def test_a_hundred_dollars_over_three_and_a_thousand_over_seven_months() -> None:
    assert largest_remainder([Fraction(10_000, 3)] * 3, 10_000) == [3334, 3333, 3333]
    assert largest_remainder([Fraction(100_000, 7)] * 7, 100_000) == [14286] * 5 + [14285] * 2


def test_averages_of_parts_add_up_to_the_average_of_the_total() -> None:
    assert average(100, 3) == 33
    assert averages([10, 20, 70], 3) == [3, 7, 23]
    assert averages([10, -20, 70], 0) == [0, 0, 0]


def test_percents_add_up_to_one_hundred() -> None:
    assert percents([1, 1, 1]) == [Decimal("33.4"), Decimal("33.3"), Decimal("33.3")]
    assert percents([5, -1]) == [Decimal(0), Decimal(0)]
    assert percent(580, 12000) == Decimal("4.8")
    assert percent(1, 0) is None


def test_chance_is_the_ninety_percent_error_of_the_mean() -> None:
    # costs 8,000 and 12,000: standard error 2,000 on a mean of 10,000; 1.645 × 0.2 = 32.9 %
    assert chance_percent([800_000, 1_200_000]) == 33
    assert chance_percent([500, 500, 500]) == 0
    assert chance_percent([500]) is None
    assert chance_percent([0, 0]) is None


def test_a_figure_that_does_not_tie_stops() -> None:
    must_equal("cost", 5, None, "settlements")
    must_equal("cost", 5, 5, "settlements")
    with pytest.raises(CheckFailed, match=r"TRU-C041 settlements cost: the rows add up to 5, the table says 6"):
        must_equal("cost", 5, 6, "settlements")


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=12), st.integers(1, 500))
def test_shown_averages_always_add_up_and_stay_within_a_cent(parts: list[int], count: int) -> None:
    shown = averages(parts, count)
    assert sum(shown) == average(sum(parts), count)
    assert all(abs(cents - Fraction(part, count)) <= 1 for cents, part in zip(shown, parts, strict=True))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any))
def test_shown_percents_always_add_up(parts: list[int]) -> None:
    assert sum(percents(parts)) == 100
