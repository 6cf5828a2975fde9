"""Trend factors: to six decimals, by years or by midpoints."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.entity_grain import Ladder
from trueup.errors import Refused
from trueup.pricing.trend import midpoint, peer_trend, retrospective_trend, trend, trend_factor, whole_months


def test_t11_midpoints_and_both_ways_to_count():
    base, year = midpoint(date(2023, 3, 1), date(2024, 2, 29)), midpoint(date(2025, 1, 1), date(2025, 12, 31))
    assert (base, year, (year - base).days) == (date(2023, 8, 30), date(2025, 7, 2), 672)
    assert trend_factor(Decimal("0.035"), Decimal(672) / Decimal("365.25")) == Decimal("1.065339")
    assert trend_factor(Decimal("0.035"), Decimal(22) / Decimal(12)) == Decimal("1.065101")


def test_midpoint_rule_shows_its_days(blended):
    rules = blended(prices__trend_annual=Decimal("0.035"), prices__trend_years="midpoint")
    found, ladder = trend(rules, rules.period("BASE"), rules.period("Y1")), Ladder()
    found.show(ladder, rules)
    assert found.factor == Decimal("1.065339")
    assert [(line.name, line.amount, line.unit) for line in ladder.lines] == [
        ("trend_annual", "0.035", "rate"),
        ("base_midpoint", "2023-08-30", "date"),
        ("priced_midpoint", "2025-07-02", "date"),
        ("trend_days", "672", "count"),
        ("trend_years", "1.839835728953", "rate"),
        ("trend_factor", "1.065339", "rate"),
    ]


def test_whole_years(blended):
    rules = blended(prices__trend_annual=Decimal("0.03"))
    assert trend(rules, rules.period("BASE"), rules.period("Y1")).factor == Decimal("1.060900")


@pytest.mark.parametrize(("annual", "factor"), [("0.00", "1.000000"), ("-0.02", "0.960400"), ("-0.999", "0.000001")])
def test_no_trend_and_falling_costs(annual, factor):
    assert trend_factor(Decimal(annual), Decimal(2)) == Decimal(factor)


def test_a_trend_that_leaves_nothing_is_refused():
    with pytest.raises(Refused, match="TRU-P005"):
        trend_factor(Decimal(-1), Decimal(2))


def test_t11_whole_months_between_the_midpoints(blended):
    rules = blended(prices__trend_annual=Decimal("0.035"), prices__trend_years="midpoint_months")
    found, ladder = trend(rules, rules.period("BASE"), rules.period("Y1")), Ladder()
    found.show(ladder, rules)
    assert found.factor == Decimal("1.065101")
    assert [(line.name, line.amount) for line in ladder.lines][3:5] == [("trend_months", "22"), ("trend_years", "1.833333333333")]


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2023, 8, 30), date(2025, 7, 2), 22),
        (date(2023, 8, 30), date(2025, 7, 29), 22),
        (date(2023, 8, 30), date(2025, 7, 30), 23),
        (date(2024, 1, 31), date(2024, 2, 29), 0),
        (date(2024, 1, 31), date(2024, 3, 31), 2),
    ],
)
def test_whole_months(start, end, months):
    assert whole_months(start, end) == months


def test_a_section_has_its_own_trend(case_rate):
    rules = case_rate(case__trend_annual=Decimal("0.05"))
    days = rules.period("BASE"), rules.period("Y1")
    assert (trend(rules, *days, "prices.case_rate").factor, trend(rules, *days).factor) == (Decimal("1.102500"), Decimal("1.000000"))


def test_t12_retrospective_trend_and_its_cap():
    projected, actual = Decimal("1.05"), Decimal("1.10")
    assert retrospective_trend(projected, actual) == Decimal("1.047619")
    assert retrospective_trend(projected, actual, highest=Decimal("1.03")) == Decimal("1.03")
    assert retrospective_trend(projected, Decimal("0.90"), lowest=Decimal("0.97")) == Decimal("0.97")
    assert retrospective_trend(projected, projected, Decimal("0.97"), Decimal("1.03")) == 1
    with pytest.raises(Refused, match="TRU-P044"):
        retrospective_trend(Decimal(0), actual)


def test_peers_without_the_provider_itself():
    """A provider with half the state that saves 6 %: with itself among its peers only half of it shows."""
    base = {"A": (100_000_00, Fraction(100)), "B": (100_000_00, Fraction(100))}
    year = {"A": (94_000_00, Fraction(100)), "B": (100_000_00, Fraction(100))}
    assert peer_trend(base, year, without="A") == 1
    assert peer_trend(base, year) == Fraction(97, 100)
    own = Fraction(94, 100)
    assert (peer_trend(base, year) - own, peer_trend(base, year, without="A") - own) == (Fraction(3, 100), Fraction(6, 100))
    with pytest.raises(Refused, match="TRU-P045"):
        peer_trend({"A": base["A"]}, year, without="A")
