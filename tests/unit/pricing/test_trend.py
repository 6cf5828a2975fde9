"""Trend factors: to six decimals, by years or by midpoints."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueup.entity_grain import Ladder
from trueup.errors import Refused
from trueup.pricing.trend import midpoint, trend, trend_factor


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
