"""The worked values of the method's sources: funnel limits, dispersion, change, many tests, selection, the running sum."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.monitoring.change import Mean, Share, mean_change, share_change
from trueup.monitoring.cusum import weights
from trueup.monitoring.dispersion import dispersion, widening
from trueup.monitoring.distributions import fisher, six
from trueup.monitoring.funnel import limits, low_tail
from trueup.monitoring.many_tests import discoveries

TARGET = Fraction(4, 5)


@pytest.mark.parametrize(("units", "at_95", "at_998"), [(20, 12, 10), (50, 34, 31), (100, 72, 67), (200, 149, 142)])
def test_t50_the_lowest_count_that_is_not_flagged(units: int, at_95: int, at_998: int) -> None:
    assert limits(units, TARGET, Decimal("0.025")).low == at_95
    assert limits(units, TARGET, Decimal("0.001")).low == at_998
    assert low_tail(at_95 - 1, units, TARGET) < Decimal("0.025") <= low_tail(at_95, units, TARGET)


def test_t51_over_dispersion_takes_the_alarm_back() -> None:
    scores = [Decimal(z) for z in ("-2.5", "-1", "0.3", "1.2", "2.8", "-0.4", "0.9", "-1.7")]
    phi = dispersion(scores, Decimal("0.10"))
    assert phi == Decimal("2.56")
    assert widening(phi) == Decimal("1.6")
    assert scores[0] / widening(phi) == Decimal("-1.5625")
    assert abs(scores[0] / widening(phi)) < Decimal("1.96") < abs(scores[0])


def test_t52_a_screening_rate_before_and_after() -> None:
    change = share_change(Share(78, 100), Share(55, 90))
    assert change.method == "z"
    assert round(change.z or Decimal(0), 4) == Decimal("-2.5365")  # after less before; the source prints the size of the fall
    assert round(change.two_sided, 4) == Decimal("0.0112")
    assert round(six(fisher(78, 100, 55, 90)), 4) == Decimal("0.0170")


def test_t52_a_mean_before_and_after() -> None:
    change = mean_change(Mean(Decimal("9.8"), Decimal("3.2"), 200), Mean(Decimal("8.9"), Decimal("3.2"), 60))
    assert round(change.z or Decimal(0), 4) == Decimal("-1.9107")
    assert round(change.low_tail, 4) == Decimal("0.0280")


def test_t53_benjamini_and_hochberg() -> None:
    p_values = [Decimal(p) for p in ("0.001", "0.008", "0.039", "0.041", "0.042", "0.06", "0.074", "0.205")]
    assert discoveries(p_values, Decimal("0.05")) == [True, True, False, False, False, False, False, False]


def test_t54_fewer_high_risk_patients_than_expected() -> None:
    assert round(low_tail(6, 80, Fraction(15, 100)), 4) == Decimal("0.0345")


def test_weights_of_the_running_sum() -> None:
    each = weights(Decimal("0.80"), Decimal("0.65"))
    assert (each.success, each.failure) == (-2076, 5596)
