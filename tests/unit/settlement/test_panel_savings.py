"""Savings and losses of a panel: the minimum, the cap on savings and on payment, and the limit of a loss."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.settlement.panel_savings import SharingTerms, counted_savings, expected_cents, loss_cents, shared_cents

TERMS = SharingTerms(Decimal("0.50"), Decimal("0.02"), "ge", Decimal("0.10"), "savings")
TWO_SIDED = replace(
    TERMS, downside=True, loss_share_rate=Decimal("0.30"), minimum_loss_rate=Decimal("0.02"), loss_limit_rate=Decimal("0.05")
)
EXPECTED = 100_000_000


@pytest.mark.parametrize(
    ("pmpm", "risk_micros", "expected"),
    [(10_000, 12_000_000, 120_000), (10_000, 13_200_000, 132_000), (8_240, 18_000_000, 148_320), (1, 500_000, 1), (1, 499_999, 0)],
)
def test_expected_is_the_benchmark_times_risk_weighted_months(pmpm: int, risk_micros: int, expected: int) -> None:
    assert expected_cents(pmpm, risk_micros) == expected


@pytest.mark.parametrize(
    ("savings", "operator", "counted"),
    [(2_000_000, "ge", 2_000_000), (1_999_999, "ge", 0), (2_000_000, "gt", 0), (2_000_001, "gt", 2_000_001), (0, "ge", 0), (-1, "ge", 0)],
)
def test_the_minimum_has_an_edge(savings: int, operator: str, counted: int) -> None:
    assert counted_savings(replace(TERMS, minimum_savings_operator=operator), EXPECTED, savings) == counted


def test_without_a_minimum_the_first_cent_counts() -> None:
    assert counted_savings(replace(TERMS, minimum_savings_rate=None), EXPECTED, 1) == 1


@pytest.mark.parametrize(
    ("counted", "cap_on", "quality", "paid"),
    [
        (6_000_000, "savings", "0.7", 2_100_000),
        (10_000_000, "savings", "1", 5_000_000),
        (16_000_000, "savings", "0.6", 3_000_000),
        (16_000_000, "payment", "0.6", 4_800_000),
        (30_000_000, "payment", "1", 10_000_000),
        (30_000_000, "payment", "0.5", 7_500_000),
        (0, "savings", "1", 0),
    ],
)
def test_the_cap_lies_on_savings_or_on_payment(counted: int, cap_on: str, quality: str, paid: int) -> None:
    assert shared_cents(replace(TERMS, cap_on=cap_on), EXPECTED, counted, Fraction(quality)) == paid


def test_half_a_cent_rounds_away_from_zero() -> None:
    assert shared_cents(replace(TERMS, cap_rate=None), EXPECTED, 1, Fraction(1)) == 1


@pytest.mark.parametrize(
    ("savings", "owed"), [(-1_999_999, 0), (-2_000_000, 600_000), (-3_000_000, 900_000), (-20_000_000, 5_000_000), (1, 0)]
)
def test_losses_have_a_minimum_and_a_limit(savings: int, owed: int) -> None:
    assert loss_cents(TWO_SIDED, EXPECTED, savings) == owed


def test_without_downside_nothing_is_owed() -> None:
    assert loss_cents(TERMS, EXPECTED, -50_000_000) == 0
    assert loss_cents(replace(TWO_SIDED, minimum_loss_rate=None, loss_limit_rate=None), EXPECTED, -1) == 0
