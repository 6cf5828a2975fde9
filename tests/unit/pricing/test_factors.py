"""Program changes of targets and thresholds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueup.entity_grain import Participation
from trueup.errors import CheckFailed
from trueup.pricing.build import price
from trueup.pricing.inputs import BaseEpisode

CHANGES = {
    "prices__program_changes__fee__factor": Decimal("1.02"),
    "prices__program_changes__fee__effective_from": date(2024, 7, 1),
    "prices__program_changes__csection__factor": Decimal("0.98"),
    "prices__program_changes__csection__effective_from": date(2025, 1, 1),
}
EPISODES = [BaseEpisode("A", "all", 10_000_00)] * 3


def test_changes_stand_in_the_ladder_and_move_prices_and_lines(blended, own_history):
    rules = blended(outliers__high_percentile=Decimal("0.99"), prices__trend_annual=Decimal("0.03"), **CHANGES)
    content = price(rules, EPISODES, ["A"], [], rules.period("Y1"))
    at = {s.name: (s.amount, s.cite) for s in content.price_steps}
    assert at["program_change.fee"] == ("1.02", "S0 prices.program_changes.fee.factor; in force from 2024-07-01")
    assert at["program_change.csection"][0] == "0.98"
    # 10,000 × 1.0609 × 1.02 × 0.98 = 10,604.7564
    assert [p.amount_cents for p in content.prices] == [10_604_76]
    assert [(line.trend_factor, line.amount_cents) for line in content.outlier_lines] == [(Decimal("1.060476"), 10_604_76)]
    rules = own_history(**CHANGES)
    content = price(rules, EPISODES, [], [Participation("A", date(2020, 11, 1))], rules.period("Y1"))
    assert [p.amount_cents for p in content.prices] == [10_604_76, 10_392_66]


def test_without_changes_there_is_no_line(blended):
    content = price(blended(), EPISODES, ["A"], [], blended().period("Y1"))
    assert [s.name for s in content.price_steps if s.name.startswith("program")] == []


def test_a_start_that_is_no_day_stops(blended):
    rules = blended(**{**CHANGES, "prices__program_changes__fee__effective_from": "2024-07-01"})
    with pytest.raises(CheckFailed, match="TRU-P047"):
        price(rules, EPISODES, ["A"], [], rules.period("Y1"))
