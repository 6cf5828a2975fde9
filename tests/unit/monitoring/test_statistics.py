"""The statistics beyond the published values: edges, both sides, widening, small cells, the running sum's threshold."""

from __future__ import annotations

import importlib
from decimal import Decimal
from fractions import Fraction
from math import comb
from typing import Any

import pytest

from trueup.errors import Refused
from trueup.monitoring import distributions
from trueup.monitoring.change import (
    Mean,
    Moments,
    Share,
    mean_against_peers,
    mean_change,
    mean_of,
    moments_of,
    share_against_peers,
    share_change,
)
from trueup.monitoring.cusum import DEFAULT_SEED, run, threshold, weights
from trueup.monitoring.dispersion import widened, winsorize, z_score
from trueup.monitoring.distributions import binomial_high, binomial_low, six
from trueup.monitoring.funnel import Limits, limits, p_value
from trueup.monitoring.many_tests import adjusted
from trueup.monitoring.selection import standardized_difference

POINT_8 = Fraction(4, 5)


def exact_low(events: int, units: int, rate: Fraction) -> Fraction:
    return sum((comb(units, k) * rate**k * (1 - rate) ** (units - k) for k in range(events + 1)), Fraction(0))


@pytest.mark.parametrize(("events", "units", "rate"), [(0, 5, "0.5"), (6, 80, "0.15"), (12, 20, "0.8"), (199, 200, "0.8"), (31, 50, "0.8")])
def test_the_library_and_exact_arithmetic_agree(events: int, units: int, rate: str) -> None:
    p = Fraction(rate)
    assert six(binomial_low(events, units, p)) == six(exact_low(events, units, p))
    assert six(binomial_high(events, units, p)) == six(1 - (exact_low(events - 1, units, p) if events else 0))


def test_six_decimals_go_half_away_from_zero() -> None:
    assert [str(six(v)) for v in (Fraction(1, 3), Fraction(-5, 10**7), Decimal("0.0000005"), 0.25, 1)] == [
        "0.333333", "-0.000001", "0.000001", "0.250000", "1.000000",
    ]  # fmt: skip


def test_without_the_library_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    monkeypatch.setattr(distributions, "_library", distributions._library.__wrapped__)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Refused, match=r"TRU-Q040 .*scipy.*actuarial"):
        distributions.normal_low(0.0)


def test_limits_have_two_sides() -> None:
    assert limits(100, POINT_8, Decimal("0.025")) == Limits(72, 88)
    assert limits(20, POINT_8, Decimal("0.001")) == Limits(10, 20)


def test_both_sides_double_the_smaller_tail_up_to_one() -> None:
    low = p_value(71, 100, POINT_8, "low")
    assert low < Decimal("0.025")
    assert p_value(71, 100, POINT_8, "both") == 2 * low
    assert p_value(80, 100, POINT_8, "both") == Decimal(1)
    assert p_value(71, 100, POINT_8, "high") > Decimal("0.97")


def test_over_dispersion_widens_limits_and_raises_tails() -> None:
    plain, wide = limits(100, POINT_8, Decimal("0.025")), limits(100, POINT_8, Decimal("0.025"), Decimal("2.56"))
    assert (plain.low, wide.low) == (72, 67)
    assert p_value(71, 100, POINT_8, "low", Decimal("2.56")) > Decimal("0.05")


def test_under_dispersion_narrows_nothing() -> None:
    assert widened(0.01, Decimal("0.4")) == 0.01
    assert (widened(0.0, Decimal(4)), widened(1.0, Decimal(4))) == (0.0, 1.0)


def test_a_tenth_of_twenty_scores_is_two_on_each_side() -> None:
    scores = [Decimal(n) for n in range(20)]
    assert winsorize(scores, Decimal("0.10"))[:4] == [2, 2, 2, 3]
    assert winsorize(scores, Decimal("0.10"))[-3:] == [17, 17, 17]
    assert winsorize(scores[:9], Decimal("0.10")) == scores[:9]


def test_a_score_needs_units_and_a_target_with_spread() -> None:
    assert z_score(80, 100, POINT_8) == 0
    for units, target in ((0, POINT_8), (10, Fraction(0)), (10, Fraction(1))):
        with pytest.raises(ValueError, match="between 0 and 1"):
            z_score(0, units, target)


def test_small_cells_take_fishers_exact_test() -> None:
    change = share_change(Share(9, 10), Share(3, 10))
    assert (change.method, change.z) == ("fisher", None)
    assert change.two_sided == Decimal("0.019767")
    assert change.low_tail == Decimal("0.009883")
    assert share_change(Share(0, 10), Share(0, 10)).two_sided == 1


def test_a_fall_that_everybody_shares_is_no_fall() -> None:
    alone = share_change(Share(160, 200), Share(130, 200))
    together = share_against_peers(Share(160, 200), Share(130, 200), Share(1600, 2000), Share(1300, 2000))
    assert alone.low_tail < Decimal("0.001")
    assert (together.difference, together.low_tail) == (0, Decimal("0.500000"))


def test_means_against_the_peers_change() -> None:
    own = (Mean(Decimal("9.8"), Decimal("3.2"), 200), Mean(Decimal("8.9"), Decimal("3.2"), 60))
    peers = (Mean(Decimal("9.9"), Decimal("3.2"), 2000), Mean(Decimal("9.9"), Decimal("3.2"), 2000))
    change = mean_against_peers(*own, *peers)
    assert change.difference == Fraction("-0.9")
    assert round(change.z or Decimal(0), 4) == Decimal("-1.8681")


def test_a_mean_and_its_spread_from_counted_values() -> None:
    assert mean_of(moments_of([(8, 2), (10, 1), (14, 1)])) == Mean(Decimal(10), Decimal(8).sqrt(), 4)
    with pytest.raises(ValueError, match="two units"):
        mean_of(moments_of([(8, 1)]))


def test_without_spread_a_change_is_certain_and_no_change_is_none() -> None:
    still, moved = (mean_change(Mean(Decimal(9), Decimal(0), 5), Mean(Decimal(after), Decimal(0), 5)) for after in (9, 8))
    assert (still.z, still.two_sided, moved.low_tail, moved.high_tail) == (None, 1, 0, 1)


def test_adjusted_values_keep_the_order_and_stop_at_one() -> None:
    assert adjusted([Decimal("0.9"), Decimal("0.01"), Decimal("0.8")]) == [Fraction(9, 10), Fraction(3, 100), Fraction(9, 10)]
    assert adjusted([]) == []


def test_the_running_sum_resets_at_zero_and_signals_once() -> None:
    each = weights(Decimal("0.80"), Decimal("0.65"))
    signal = run([True, True, False, False, True, False], each, 11_192)
    assert (signal.highest, signal.at_unit) == (14_712, 4)
    assert signal.last == 14_712
    assert run([True] * 50, each, 100) == type(signal)(0, 0, None)


def test_the_threshold_comes_out_of_a_seeded_simulation() -> None:
    h = threshold(Decimal("0.80"), Decimal("0.65"), 500)
    assert h == 32_000
    assert threshold.__wrapped__(Decimal("0.80"), Decimal("0.65"), 500, DEFAULT_SEED) == h
    assert threshold(Decimal("0.80"), Decimal("0.65"), 100) < h


@pytest.mark.parametrize(("acceptable", "unacceptable"), [("0.65", "0.80"), ("0.8", "0.8"), ("1", "0.5"), ("0.5", "0")])
def test_the_running_sum_watches_for_a_fall(acceptable: str, unacceptable: str) -> None:
    with pytest.raises(ValueError, match="unacceptable < acceptable"):
        weights(Decimal(acceptable), Decimal(unacceptable))


def test_predicted_cost_as_a_standardized_difference() -> None:
    own = Moments(4, 3_600_000, 4 * 810_000_000_000 + 40_000_000_000)
    peers = Moments(4, 4_000_000, 4 * 1_000_000_000_000 + 40_000_000_000)
    difference = standardized_difference(own, peers)
    assert round(difference or Decimal(0), 4) == Decimal("-0.8660")
    assert standardized_difference(Moments(1, 1, 1), peers) is None
    assert standardized_difference(Moments(2, 2, 2), Moments(2, 2, 2)) is None
