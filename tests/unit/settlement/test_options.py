"""Terms of related programs (vectors 21 to 33): limits, caps, volume, risk placement, quality trims."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.money import round_half_up
from trueup.settlement.options import capped, enough_units, gain_limited, quality_adjusted, risk_on_actual, risk_on_target
from trueup.settlement.zones import ZoneTerms, zone_gross

HALF = Decimal("0.50")


def three_zones(average: int, n: int = 40, gross_reimbursement: int | None = None, quality: bool = True) -> int:
    """Three zones with a gain limit of 2,000, at least 5 units, losses capped at 10% of gross reimbursement; cents."""
    acceptable, commendable, limit = 390_600, 339_400, 200_000
    if not enough_units(n, 5):
        return 0
    counted = gain_limited(average * n, n, limit)
    zone, gross = zone_gross(ZoneTerms(HALF), counted, acceptable * n, commendable * n)
    if zone == "gain" and not quality:
        return 0
    loss_cap = None if gross_reimbursement is None else Fraction(gross_reimbursement, 10)
    return round_half_up(capped(gross * Fraction(HALF), None, loss_cap))


@pytest.mark.parametrize(
    ("average", "options", "cents"),
    [
        pytest.param(320_000, {}, 388_000, id="21"),
        pytest.param(180_000, {}, 2_788_000, id="22, gain limit"),
        pytest.param(360_000, {}, 0, id="23"),
        pytest.param(420_600, {"gross_reimbursement": 8_000_000}, -600_000, id="24"),
        pytest.param(420_600, {"gross_reimbursement": 5_000_000}, -500_000, id="25, cap"),
        pytest.param(320_000, {"quality": False}, 0, id="26"),
        pytest.param(320_000, {"n": 4}, 0, id="27, volume"),
        pytest.param(320_000, {"n": 5}, 48_500, id="27, at the minimum"),
    ],
)
def test_vectors_21_to_27(average, options, cents):
    assert three_zones(average, **options) == cents


CASES = [
    (1_200_000, Decimal("1.50")),
    (720_000, Decimal("0.90")),
    (1_000_000, Decimal("1.00")),
    (660_000, Decimal("0.60")),
    (1_350_000, Decimal("1.25")),
]


def owed(actual: Fraction | int, expected: Fraction | int) -> int:
    zone, gross = zone_gross(ZoneTerms(HALF), actual, expected, expected)
    assert zone == "loss"
    return round_half_up(gross * Fraction(HALF))


def test_vectors_28_to_30_where_risk_is_applied():
    standardized, raw, target = risk_on_actual(CASES), sum(cost for cost, _ in CASES), 900_000
    assert (standardized / 5, Fraction(raw, 5)) == (956_000, 986_000)
    assert owed(standardized, target * 5) == -140_000
    assert owed(raw, target * 5) == -215_000
    assert risk_on_target(target, [score for _, score in CASES]) == 4_725_000
    assert owed(raw, risk_on_target(target, [score for _, score in CASES])) == -102_500


TRACKS = {  # stop-gain, stop-loss (shares of the target), loss relief
    1: ("0.10", "0", "0"),
    2: ("0.05", "0.05", "0.15"),
    3: ("0.20", "0.20", "0.10"),
}


def reconciled(actual_dollars: int, track: int) -> int:
    """Target 1,000,000, quality score 60: gross, quality adjustment, then caps; dollars."""
    target, (gain, loss, relief) = Fraction(1_000_000), TRACKS[track]
    adjusted = quality_adjusted(target - actual_dollars, Decimal(60), Decimal("0.10"), Decimal(relief))
    amount = capped(adjusted, Fraction(gain) * target, Fraction(loss) * target)
    assert amount.denominator == 1
    return int(amount)


@pytest.mark.parametrize(
    ("actual", "paid"),
    [
        pytest.param(900_000, [96_000, 50_000, 96_000], id="31"),
        pytest.param(700_000, [100_000, 50_000, 200_000], id="32"),
        pytest.param(1_080_000, [0, -50_000, -75_200], id="33"),
    ],
)
def test_vectors_31_to_33_quality_before_caps(actual, paid):
    assert [reconciled(actual, track) for track in (1, 2, 3)] == paid


def test_the_uncapped_amounts_of_32_and_33():
    assert quality_adjusted(Fraction(300_000), Decimal(60), Decimal("0.10"), Decimal(0)) == 288_000
    assert quality_adjusted(Fraction(-80_000), Decimal(60), Decimal("0.10"), Decimal("0.15")) == -72_800
