"""Properties of shared savings on any figures: the cap and the limits hold, one side never owes, less spending never earns less."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from trueup.entity_grain import number
from trueup.rules.load import load_program
from trueup.settlement.entity_results import BadRow, EntityResult
from trueup.settlement.minimum_savings import minimum_savings_rate
from trueup.settlement.savings import settle_result
from trueup.settlement.savings_outcome import Book, Outcome, book_of
from trueup.settlement.savings_terms import Track, limit_terms

ROOT = Path(__file__).resolve().parents[2]
PERIODS = ("PY2016", "PY2018", "PY2020", "PY2022", "PY2023", "PY2024")


@cache
def book() -> Book:
    return book_of(load_program(ROOT / "programs", "mssp"))


@st.composite
def results(draw: st.DrawFn) -> tuple[Track, EntityResult]:
    """A track and a result in one of its years, complete enough to be settled."""
    track = draw(st.sampled_from(book().tracks))
    years = [p for p in PERIODS if track.from_year <= int(p[2:]) <= (track.to_year or 9999)]
    assume(years)
    benchmark = draw(st.integers(100, 10**12))
    return track, EntityResult(
        "A1",
        draw(st.sampled_from(years)),
        track.id,
        draw(st.integers(500, 100_000)),
        benchmark,
        draw(st.integers(0, benchmark * 2) | st.integers(benchmark * 94 // 100, benchmark * 106 // 100)),
        minimum_savings_rate=draw(st.sampled_from(book().choices)),
        quality_score=draw(st.decimals(0, 1, places=4)),
        met_quality_standard=draw(st.booleans()),
        met_alternative_standard=draw(st.booleans()),
        low_revenue=draw(st.booleans()),
        agreement_start_date=book().rules.period("PY2024").first_day,
        agreement_year=draw(st.sampled_from([1, 2, 3])),
        participant_revenue_cents=draw(st.integers(0, 10**12)),
        loss_limit_cents=draw(st.none() | st.integers(0, 10**12)),
    )


def settled(result: EntityResult) -> Outcome:
    return settle_result(book(), result)


@given(results())
def test_the_cap_is_never_exceeded(drawn: tuple[Track, EntityResult]) -> None:
    track, result = drawn
    cap = Fraction(number(book().rules, f"{track.path}.cap_rate")) * result.benchmark_cents
    assert settled(result).amount_cents <= cap + Fraction(1, 2)


@given(results())
def test_no_more_is_paid_than_was_saved_and_no_more_owed_than_was_lost(drawn: tuple[Track, EntityResult]) -> None:
    _, result = drawn
    savings, amount = result.benchmark_cents - result.expenditure_cents, settled(result).amount_cents
    assert 0 <= amount <= savings or savings <= amount <= 0


@given(results())
def test_one_side_never_owes(drawn: tuple[Track, EntityResult]) -> None:
    track, result = drawn
    assume(not track.downside)
    assert settled(result).amount_cents >= 0


@given(results())
def test_owed_is_never_above_a_limit(drawn: tuple[Track, EntityResult]) -> None:
    track, result = drawn
    assume(track.downside)
    owed, terms = -settled(result).amount_cents, limit_terms(book().rules, track)
    reached = [rate for year, rate in terms.benchmark if year <= (result.agreement_year or 0)]
    assert owed <= Fraction(reached[-1]) * result.benchmark_cents + Fraction(1, 2)
    if terms.revenue is not None and result.participant_revenue_cents is not None:
        assert owed <= Fraction(terms.revenue) * result.participant_revenue_cents + Fraction(1, 2)
    if result.loss_limit_cents is not None:
        assert owed <= result.loss_limit_cents


@given(results(), st.integers(1, 10**11))
def test_spending_less_never_earns_less(drawn: tuple[Track, EntityResult], less: int) -> None:
    _, result = drawn
    assume(result.expenditure_cents >= less)
    assert settled(replace(result, expenditure_cents=result.expenditure_cents - less)).amount_cents >= settled(result).amount_cents


@given(results(), st.integers(0, 10**10))
def test_an_adjustment_only_lowers_what_is_owed(drawn: tuple[Track, EntityResult], adjustment: int) -> None:
    _, result = drawn
    before, after = settled(result).amount_cents, 0
    try:
        after = settled(replace(result, disaster_adjustment_cents=adjustment)).amount_cents
    except BadRow:  # in years in which the adjustment covers the whole loss, one that does not contradicts them
        assume(False)
    assert before <= after <= max(before, 0)


@given(results())
def test_a_better_score_never_costs(drawn: tuple[Track, EntityResult]) -> None:
    _, result = drawn
    best = replace(result, quality_score=Decimal(1), met_quality_standard=True)
    assert settled(best).amount_cents >= settled(result).amount_cents


@given(st.integers(500, 200_000), st.integers(1, 50_000))
def test_more_members_never_raise_the_minimum(members: int, more: int) -> None:
    table = book().brackets
    small, large = minimum_savings_rate(table, members), minimum_savings_rate(table, members + more)
    assert small is not None
    assert large is not None
    assert large <= small
