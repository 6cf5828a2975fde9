"""Add-ons in cents: days times a rate, and a percent that is split without losing a cent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from trueup.money import round_half_up
from trueup.payments.tiers.amounts import Span, amounts
from trueup.payments.tiers.stage import payments_of


def span(
    month: str, days: int, rate: int | None, unit: str | None = "per_diem", paid: int = 100_000, version: str = "1", **more: str
) -> Span:
    words = {"stay_id": "S", "entity_id": "H", "member_id": "M", "purpose": "tier_add_on", "reason": "tier", **more}
    return Span(**words, month=month, days=days, rate_cents=rate, rate_unit=unit, rate_version=version, paid_cents=paid)  # type: ignore[arg-type]


def test_days_times_a_rate() -> None:
    assert [s.amount_cents for s in amounts([span("2027-01", 5, 10_000), span("2027-02", 3, 11_000, version="2")])] == [50_000, 33_000]


def test_without_a_rate_nothing_is_paid_and_nothing_is_hidden() -> None:
    (found,) = amounts([span("2027-01", 5, None, None)])
    assert found.amount_cents == 0
    assert payments_of([found], "p", "k") == []


def test_a_percent_of_the_whole_stay_is_rounded_once() -> None:
    (found,) = amounts([span("2027-01", 3, 500, "percent", paid=100_001)])
    assert found.amount_cents == 5_000  # 5% of 1,000.01 is 50.0005


def test_a_percent_pays_only_for_its_share_of_the_days() -> None:
    found = amounts([span("2026-12", 4, 1_000, purpose="interim_add_on"), span("2027-01", 5, 500, "percent", paid=90_000)])
    assert [s.amount_cents for s in found] == [4_000, 2_500]


def test_a_percent_stated_through_a_month_leaves_the_days_after_it_for_later() -> None:
    """Two days of January of a stay of three: the third is not due yet, and its part must not be paid with them."""
    (found,) = amounts([replace(span("2027-01", 2, 500, "percent"), stay_days=3)])
    assert found.amount_cents == 3_333


def test_one_payment_for_stay_hospital_month_and_purpose() -> None:
    spans = amounts([span("2027-01", 2, 10_000), span("2027-01", 2, 11_000, version="2"), span("2027-02", 1, 11_000, version="2")])
    rows = payments_of(spans, "p", "k")
    assert [(r["cycle_month"], r["amount_cents"], r["rate_version"], r["claim_id"]) for r in rows] == [
        ("2027-01", 42_000, "1;2", "S"), ("2027-02", 11_000, "2", "S"),
    ]  # fmt: skip
    assert len({r["payment_id"] for r in rows}) == 2
    assert {r["payment_id"] for r in rows} == {r["payment_id"] for r in payments_of(list(reversed(spans)), "p", "k")}


@given(st.lists(st.integers(1, 31), min_size=1, max_size=12), st.integers(0, 2_000), st.integers(0, 10_000_000))
def test_months_add_up_to_the_percent_of_the_stay(days: list[int], rate: int, paid: int) -> None:
    found = amounts(span(f"2027-{n:02d}", d, rate, "percent", paid) for n, d in enumerate(days, 1))
    assert sum(s.amount_cents for s in found) == round_half_up(Fraction(paid * rate, 10_000))
    assert all(s.amount_cents >= 0 for s in found)
