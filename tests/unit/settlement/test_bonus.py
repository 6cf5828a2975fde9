"""Bonuses: what a score is worth by method and payout."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from trueup.settlement.bonus import BonusTerms, bonus_base, bonus_cents, factor_of, rung_of
from trueup.settlement.panel_inputs import Panel

PANEL = Panel("E", "Payer", "PY1", "C", 500, 1000, 1_000_000_000, 10_000_000, 9_000_000, 5_000_000)
RUNGS = ((Decimal(0), Decimal("-0.5"), "low"), (Decimal("0.40"), Decimal(0), "middle"), (Decimal("0.70"), Decimal(1), "high"))
LADDER = BonusTerms("percent", rate=Decimal("0.02"), percent_of="primary_care_cost", payout="ladder", rungs=RUNGS)


@pytest.mark.parametrize(
    ("score", "factor", "rung"),
    [("0", "-0.5", "low"), ("0.399999", "-0.5", "low"), ("0.40", "0", "middle"), ("0.699999", "0", "middle"), ("0.70", "1", "high")],
)
def test_a_ladder_pays_from_its_rung_on(score: str, factor: str, rung: str) -> None:
    assert factor_of(LADDER, Fraction(score)) == Fraction(factor)
    assert rung_of(LADDER, Fraction(score)) == rung


def test_below_the_first_rung_nothing_is_earned() -> None:
    ladder = BonusTerms("pool", 100, payout="ladder", rungs=RUNGS[1:])
    assert factor_of(ladder, Fraction(1, 10)) == 0
    assert rung_of(ladder, Fraction(1, 10)) == "none"


def test_the_base_of_each_method() -> None:
    assert bonus_base(BonusTerms("per_member_month", 250), PANEL) == 250_000
    assert bonus_base(BonusTerms("pool", 10_000_000), PANEL) == 1000
    assert bonus_base(LADDER, PANEL) == 100_000
    assert bonus_base(BonusTerms("percent", rate=Decimal("0.02"), percent_of="panel_cost"), PANEL) == 200_000


def test_upside_only_never_takes_back() -> None:
    assert bonus_cents(Fraction(-3, 2), downside=False) == 0
    assert bonus_cents(Fraction(-3, 2), downside=True) == -2
    assert bonus_cents(Fraction(3, 2), downside=False) == 2
