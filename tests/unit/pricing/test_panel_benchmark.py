"""Benchmarks of panels: base cost per risk-weighted month, trended, one price per contract."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.errors import Refused
from trueup.pricing.inputs import Span
from trueup.pricing.panel_benchmark import BasePanel, ToPrice, benchmark_cents, contract_span, price_panels
from trueup.rules.load import load_program

FIRST, AFTER = date(2025, 1, 1), date(2026, 1, 1)
YEAR = Span(FIRST, AFTER)


def base(cost: int, micros: int, months: int = 1200, kept_out: int = 0) -> BasePanel:
    return BasePanel("E", "Medicaid", 100, months, micros, cost, cost, kept_out)


@pytest.mark.parametrize(
    ("cost", "micros", "trend", "cents"),
    [(12_000_000, 1_200_000_000, "1", 10_000), (12_000_000, 1_500_000_000, "1.03", 8_240), (1, 2_000_000, "1", 1), (0, 1, "2", 0)],
)
def test_a_benchmark_stands_at_a_risk_of_one(cost: int, micros: int, trend: str, cents: int) -> None:
    assert benchmark_cents(base(cost, micros), Decimal(trend)) == cents


def test_a_price_per_contract_with_its_ladder(programs: Path) -> None:
    rules = load_program(programs, "ct-sim-ssp", assumptions="illustrative")
    wanted = [ToPrice("C-2", "E", "Medicaid", "medicaid", YEAR), ToPrice("C-1", "F", "Medicaid", "medicaid", YEAR)]
    content = price_panels(rules, wanted, {("E", "Medicaid"): base(12_000_000, 1_200_000_000, kept_out=500)})
    (price,) = content.prices
    assert (price.entity_id, price.price, price.cohort, price.amount_cents) == ("E", "benchmark_pmpm", "C-2", 10_300)
    shown = {(s.name, s.amount) for s in content.price_steps}
    assert shown >= {("payments_kept_out", "5.00"), ("base_risk", "1.000000"), ("trend_factor", "1.03")}
    assert [(f.code, f.rows) for f in content.findings] == [("panel.no_base", 1)]


def test_without_contracts_there_is_nothing_to_price(programs: Path) -> None:
    with pytest.raises(Refused, match="TRU-P001"):
        price_panels(load_program(programs, "ct-sim-ssp", assumptions="illustrative"), [], {})


def test_a_price_holds_for_the_days_of_the_contract() -> None:
    assert contract_span(date(2024, 5, 1), None, FIRST, AFTER) == YEAR
    assert contract_span(date(2025, 7, 1), date(2025, 10, 1), FIRST, AFTER) == Span(date(2025, 7, 1), date(2025, 10, 1))
