"""What rebasing does over five years, and what luck does in one."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

from trueup.errors import Refused
from trueup.pricing.luck import minimum_savings_rate, odds_of_luck
from trueup.pricing.ratchet import WAYS, project

D = Decimal
SAVER = {"own_base_cents": 10_000_00, "state_base_cents": 10_000_00, "saves_annual": D("0.03")}


def savings(way, **changes):
    return [row.savings_cents for row in project(way, **{**SAVER, "trend_annual": D(0), **changes})]


def test_five_years_of_saving_three_percent():
    assert [row.cost_cents for row in project("fixed_trend", trend_annual=D(0), **SAVER)] == [970000, 940900, 912673, 885293, 858734]
    assert savings("own_rebased") == [30000, 29100, 28227, 27380, 26559]  # what was saved is taken back each year
    assert savings("fixed_trend") == [30000, 59100, 87327, 114707, 141266]
    assert savings("regional_blend") == [30000, 44100, 57777, 71044, 83912]


def test_a_low_cost_provider_is_paid_by_the_region_without_saving():
    quiet = {"own_base_cents": 8_000_00, "saves_annual": D(0)}
    assert savings("regional_blend", **quiet) == [100000] * 5
    assert savings("own_rebased", **quiet) == savings("fixed_trend", **quiet) == [0] * 5


def test_trend_grows_cost_and_target_alike():
    for way in WAYS:
        first = project(way, trend_annual=D("0.05"), **SAVER)[0]
        assert (first.target_cents, first.cost_cents, first.savings_cents) == (1_050_000, 1_018_500, 31_500)


@pytest.mark.parametrize(
    ("n", "any_saving", "above_5", "gain", "loss"),
    [(30, ".5146", ".3345", ".0429", ".0558"), (100, ".5080", ".2040", ".0463", ".0533"), (300, ".5046", ".0726", ".0479", ".0520")],
)
def test_t31_odds_of_luck(n, any_saving, above_5, gain, loss):
    odds = odds_of_luck(n, D("0.6"))
    found = (odds.any_saving, odds.above_gate, odds.beyond_gain, odds.beyond_loss)
    assert [round(x, 4) for x in found] == [D(x) for x in (any_saving, above_5, gain, loss)]


@pytest.mark.parametrize(("n", "plain", "gated"), [(30, "262.21", "236.27"), (100, "143.62", "101.49"), (300, "82.92", "29.26")])
def test_t31_what_luck_costs_per_episode_of_12000(n, plain, gated):
    odds = odds_of_luck(n, D("0.6"))
    assert abs(odds.false_payout * 12_000 - D(plain)) < D("0.01")
    assert abs(odds.false_payout_gated * 12_000 - D(gated)) < D("0.01")
    if n == 30:
        assert round(odds.false_payout, 5) == D("0.02185")


@pytest.mark.parametrize(
    ("n", "cv", "rate"),
    [(30, "0.35", "0.1051"), (30, "0.80", "0.2402"), (100, "0.60", "0.0987"), (1000, "0.35", "0.0182"), (1000, "0.80", "0.0416")],
)
def test_minimum_savings_rates(n, cv, rate):
    assert round(minimum_savings_rate(n, D(cv)), 4) == D(rate)


@pytest.mark.parametrize(("n", "rate"), [(30, "0.2207"), (100, "0.1209"), (1000, "0.0382")])
def test_an_own_baseline_twice_as_large_needs_more(n, rate):
    assert round(minimum_savings_rate(n, D("0.6"), baseline_episodes=2 * n), 4) == D(rate)


def test_odds_that_cannot_be_are_refused(monkeypatch):
    with pytest.raises(Refused, match="TRU-P050"):
        odds_of_luck(0, D("0.6"))
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(Refused, match=r"TRU-P050.*SciPy"):
        odds_of_luck(30, D("0.6"))
