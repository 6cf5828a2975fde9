"""What tiers pay: rates by peer group and day, the floor, the hospital nobody knew; and case mix."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.entity_grain import PeriodDays, Price
from trueup.errors import Refused
from trueup.pricing.case_mix import Cell, adjusted
from trueup.pricing.inputs import PriceSetContent
from trueup.pricing.price_set import Terms, content_id, read_price_set, write_price_set
from trueup.pricing.tier_inputs import Cuts, Hospital, SmallNumbers, TierMetric, TierPlacement, TierRules
from trueup.pricing.tier_rates import rates_of, steps_of
from trueup.pricing.tier_rules import Row, earlier_periods

PAID = cast(PeriodDays, SimpleNamespace(id="PY", first_day=date(2027, 1, 1), last_day=date(2027, 12, 31)))
RULES = TierRules(
    (),
    None,
    SmallNumbers(20, "any_metric", "low", "off"),
    Cuts("composite", "inclusive", "before_comparison", 2, "better"),
    (),
    "off",
    "payment_year_lag",
    {},
)
HOSPITALS = [Hospital("A", "general", "private", "enrolled"), Hospital("B", "general", "public", "enrolled")]


def rate(tier: str, group: str, amount: str, start: str = "2027-01-01", end: str | None = None, unit: str = "per_diem") -> Row:
    return {"tier": tier, "peer_group": group, "unit": unit, "amount": amount, "effective_from": start, "effective_to": end}


def interim(amount: str, start: str = "2020-01-01", end: str | None = None, hospital_class: str = "all") -> Row:
    return {"hospital_class": hospital_class, "unit": "per_diem", "amount": amount, "effective_from": start, "effective_to": end}


def placement(entity: str, tier: str | None, group: str) -> TierPlacement:
    return TierPlacement(entity, "MY", "PY", group, "enrolled", None, None, tier, "score", "", "")


def of(entity: str, prices: list[Price]) -> list[tuple[str, str, int]]:
    return [(f"{p.effective_from:%m-%d}", p.price, p.amount_cents) for p in prices if p.entity_id == entity]


def test_a_row_of_the_peer_group_goes_before_the_one_of_all() -> None:
    table = [rate("low", "all", "50.00"), rate("low", "private", "60.00")]
    prices = rates_of(RULES, [placement("A", "low", "private"), placement("B", "low", "public")], HOSPITALS, table, [], PAID)
    assert (of("A", prices), of("B", prices)) == ([("01-01", "tier_rate", 6000)], [("01-01", "tier_rate", 5000)])
    assert [(p.cohort, p.amount_cents) for p in prices if p.entity_id == "*"] == [("all", 5000), ("private", 6000)]


def test_a_rate_that_changes_inside_the_period_is_two_prices() -> None:
    table = [rate("low", "all", "50.00", end="2027-07-01"), rate("low", "all", "55.00", start="2027-07-01")]
    prices = rates_of(RULES, [placement("A", "low", "private")], HOSPITALS, table, [], PAID)
    assert of("A", prices) == [("01-01", "tier_rate", 5000), ("07-01", "tier_rate", 5500)]
    assert {p.effective_to for p in prices if p.entity_id == "A"} == {date(2027, 7, 1), date(2028, 1, 1)}


def test_a_day_without_a_rate_is_refused() -> None:
    with pytest.raises(Refused, match=r"TRU-P105.*2027-07-01"):
        rates_of(RULES, [placement("A", "low", "private")], HOSPITALS, [rate("low", "all", "50.00", end="2027-07-01")], [], PAID)


def test_the_interim_add_on_is_a_floor_on_each_day() -> None:
    rules = replace(RULES, hold_harmless="interim_add_on")
    floor = [interim("40.00", end="2027-03-01"), interim("70.00", start="2027-03-01")]
    prices = rates_of(rules, [placement("A", "low", "private")], HOSPITALS, [rate("low", "all", "50.00")], floor, PAID)
    assert of("A", prices) == [("01-01", "tier_rate", 5000), ("03-01", "tier_rate", 7000)]
    assert of("*", prices) == [("01-01", "tier_rate", 5000)]


def test_a_percent_is_no_day_rate_and_has_no_floor_in_dollars() -> None:
    rules = replace(RULES, hold_harmless="interim_add_on")
    prices = rates_of(
        rules, [placement("A", "low", "private")], HOSPITALS, [rate("low", "all", "5.00", unit="percent")], [interim("40.00")], PAID
    )
    assert of("A", prices) == [("01-01", "tier_percent", 500)]


def test_without_a_tier_there_is_no_price() -> None:
    assert of("A", rates_of(RULES, [placement("A", None, "private")], HOSPITALS, [rate("low", "all", "50.00")], [], PAID)) == []


METRIC = TierMetric(
    "A", "MY", "los", "stay_length_mean", 40, Decimal("10.000000"), None, Decimal("11.000000"), Decimal("1.000000"), Decimal("10.000000"),
    Decimal("12.000000"), Decimal("9.000000"), Decimal("6.500000"), Decimal("1.000000"), "scored",
)  # fmt: skip


def content() -> PriceSetContent:
    placed = replace(placement("A", "low", "private"), composite=Decimal("6.500000"), score=Decimal("6.500000"))
    prices = rates_of(RULES, [placed], HOSPITALS, [rate("low", "all", "50.00")], [], PAID)
    of_metric = [f"{METRIC.metric}.{key}" for key in ("measure", "points", "weight")]
    steps = steps_of([placed], [METRIC], prices, dict.fromkeys((*of_metric, "small_numbers", "cuts", "tiers", "rates"), "S"))
    return PriceSetContent(prices, steps, [], [], tiers=[placed], tier_metrics=[METRIC])


def test_the_ladder_leads_from_cases_to_dollars() -> None:
    lines = {s.name: s.amount for s in content().price_steps}
    assert lines == {
        "los_cases": "40", "los_rate": "10.000000", "los_scored_rate": "10.000000", "los_points": "6.500000", "los_weight": "1.000000",
        "composite": "6.500000", "score": "6.500000", "tier": "low", "decided_by": "score", "effective_from": "2027-01-01",
        "tier_rate": "50.00",
    }  # fmt: skip


TERMS = Terms("p", "1", "h", None, None, "tier_rates", "PY", "MY", date(2025, 1, 1), date(2025, 12, 31), date(2026, 5, 1), 90, "none")


def test_a_price_set_holds_its_tiers(tmp_path: Path) -> None:
    folder = write_price_set(tmp_path, TERMS, content())
    found = read_price_set(folder)
    assert (found.content.tiers, found.content.tier_metrics) == (content().tiers, content().tier_metrics)


def test_another_tier_is_another_price_set() -> None:
    other = replace(content(), tiers=[replace(content().tiers[0], tier="high")])
    assert content_id(TERMS, other) != content_id(TERMS, content())


# --- case mix -------------------------------------------------------------------------------------------------------------------------


def test_a_hospital_of_harder_cases_is_adjusted_down() -> None:
    # Everybody: young 100 units, 800 days; old 100 units, 1,200 days; 10 days. Own: 10 young 90, 30 old 360; expected 80 + 360.
    everybody = {"young": Cell(100, 800), "old": Cell(100, 1200)}
    assert adjusted({"young": Cell(10, 90), "old": Cell(30, 360)}, everybody) == Fraction(450, 440) * 10


def test_without_units_or_anything_expected_there_is_no_adjusted_result() -> None:
    assert adjusted({}, {"young": Cell(100, 800)}) is None
    assert adjusted({"young": Cell(10, 0)}, {"young": Cell(100, 0)}) is None


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 500)), min_size=1, max_size=5))
def test_everybody_together_keeps_the_result(cells: list[tuple[int, int]]) -> None:
    everybody = {str(n): Cell(*cell) for n, cell in enumerate(cells)}
    assert adjusted(everybody, everybody) == Fraction(sum(t for _, t in cells), sum(u for u, _ in cells))


# --- years --------------------------------------------------------------------------------------------------------------------------------


def year(n: int, first: date | None = None) -> PeriodDays:
    return cast(PeriodDays, SimpleNamespace(id=str(n), first_day=first or date(n, 1, 1), last_day=date(n, 12, 31)))


def test_years_are_pooled_only_where_they_follow_each_other() -> None:
    every = [year(n) for n in (2021, 2023, 2024, 2025)]
    assert [p.id for p in earlier_periods(RULES, every[-1], every, 3)] == ["2024", "2023"]  # type: ignore[arg-type]
    assert [p.id for p in earlier_periods(RULES, every[-1], every, 1)] == ["2024"]  # type: ignore[arg-type]
    assert earlier_periods(RULES, every[1], every, 3) == []  # type: ignore[arg-type]
