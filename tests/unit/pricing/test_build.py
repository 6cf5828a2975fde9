"""Target prices and thresholds from a base period, with their ladders redone from the printed numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.entity_grain import Participation, add_years, compare
from trueup.errors import CheckFailed, Refused
from trueup.money import parse_cents, round_half_up, to_places
from trueup.pricing.arithmetic import acceptable, blend, commendable_by_amount, commendable_by_rate
from trueup.pricing.build import price
from trueup.pricing.credibility import limited_fluctuation
from trueup.pricing.inputs import BaseEpisode
from trueup.pricing.work import HOW

TWO_YEARS_3_PERCENT = Decimal("1.060900")


def many(entity: str | None, cohort: str, count: int, cents: int, risk: str = "1") -> list[BaseEpisode]:
    return [BaseEpisode(entity, cohort, cents, Decimal(risk))] * count


def recompute(steps) -> int:
    """The price in cents from the printed steps alone, as a person with a calculator gets it."""
    at = {s.name: s.amount for s in steps}
    mean = {who: Fraction(at[f"{who}_cost"]) / Fraction(at[f"{who}_risk"]) for who in ("own", "state") if f"{who}_cost" in at}
    trend = Fraction(at["trend_factor"])
    if "weight_own" in at:
        blended = Fraction(at["weight_own"]) * mean.get("own", 0) + Fraction(at["weight_state"]) * mean["state"]
        return round_half_up(blended * trend * 100)
    line = mean["own"] * trend
    if "minimum_savings_amount" in at:
        less = Fraction(at["minimum_savings_amount"])
        line = (mean["own"] - less) * trend if at["minimum_savings_applied"] == "before_trend" else line - less
    elif at.get("minimum_savings_rate", "off") != "off":
        line *= 1 - Fraction(at["minimum_savings_rate"])
    return round_half_up(line * 100)


def assert_ladders_close(content) -> None:
    for row in content.prices:
        steps = [s for s in content.price_steps if (s.entity_id, s.price, s.cohort) == (row.entity_id, row.price, row.cohort)]
        assert [s.step for s in steps] == list(range(1, len(steps) + 1))
        printed = {s.name: s.amount for s in steps}
        assert recompute(steps) == row.amount_cents == parse_cents(printed[row.price])
        assert printed["effective_from"] == row.effective_from.isoformat()
        assert printed["effective_to"] == row.effective_to.isoformat()


# --- pure arithmetic -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "or_more", "above"), [(29, False, False), (30, True, False), (31, True, True)])
def test_vector_2_volume_gate_by_operator(count, or_more, above):
    assert (compare(count, "ge", 30), compare(count, "gt", 30)) == (or_more, above)


def test_compare_knows_six_words_and_no_other():
    assert [compare(1, op, 1) for op in ("lt", "le", "eq", "ne", "ge", "gt")] == [False, True, True, False, True, False]
    with pytest.raises(ValueError, match="less"):
        compare(1, "less", 2)


@pytest.mark.parametrize(("episodes", "z"), [(30, "0.5"), (120, "1"), (480, "1"), (60, "0.707107")])
def test_vector_3_credibility(episodes, z):
    assert limited_fluctuation(episodes, 120) == Decimal(z)


def test_vector_10_thresholds_are_rounded_once_each():
    mean = Fraction(900_000)
    assert round_half_up(acceptable(mean, TWO_YEARS_3_PERCENT)) == 954_810
    assert commendable_by_rate(mean, TWO_YEARS_3_PERCENT, Decimal("0.02")) == Fraction("935713.8")
    assert round_half_up(commendable_by_rate(mean, TWO_YEARS_3_PERCENT, Decimal("0.02"))) == 935_714


@pytest.mark.parametrize(("applied", "cents"), [("before_trend", 935_714), ("after_trend", 936_810)])
def test_vector_11_a_flat_amount_depends_on_the_order(applied, cents):
    assert round_half_up(commendable_by_amount(Fraction(900_000), TWO_YEARS_3_PERCENT, Fraction(18_000), applied)) == cents


def test_t15_blend_trend_risk_rounded_only_at_the_end():
    blended = blend(Fraction(1_120_000), Fraction(1_200_000), Fraction(30, 66))
    assert to_places(blended, 0) == 1_163_636
    trended = blended * Fraction("1.0651006")
    assert round_half_up(trended) == 1_239_390
    assert round_half_up(trended * Fraction("1.04")) == 1_288_965


@pytest.mark.parametrize(("day", "years", "there"), [(date(2020, 11, 1), 2, date(2022, 11, 1)), (date(2020, 2, 29), 1, date(2021, 3, 1))])
def test_anniversaries(day, years, there):
    assert add_years(day, years) == there


# --- blended_target ------------------------------------------------------------------------------------------------------------------


def test_vector_80_risk_is_applied_once(blended):
    rules = blended()
    # The practice: 12,000 each at base risk 1.20, so 10,000 at risk 1; the rest brings the state to 10,000 at risk 1 as well.
    base = [*many("A", "all", 10, 1_200_000, "1.2"), *many("B", "all", 10, 800_000, "0.8")]
    content = price(rules, base, ["A"], [], rules.period("Y1"))
    (row,) = content.prices
    assert (row.price, row.cohort, row.amount_cents) == ("target_price", "all", 1_000_000)
    assert (row.effective_from, row.effective_to) == (date(2025, 1, 1), date(2026, 1, 1))
    assert [round_half_up(row.amount_cents * Fraction(risk)) for risk in ("1.20", "1.10")] == [1_200_000, 1_100_000]
    assert_ladders_close(content)


def test_blended_ladder_in_full_with_assumed_values_named(blended):
    rules = blended(assumed=("prices.weight_own",), prices__trend_annual=Decimal("0.03"), outliers__high_percentile=Decimal("0.75"))
    base = [*many("A", "all", 2, 100_00), *many(None, "all", 1, 200_00), *many("A", "all", 1, 900_00)]
    content = price(rules, base, ["A"], [], rules.period("Y1"))
    assert [(s.name, s.amount, s.unit, s.cite) for s in content.price_steps] == [
        ("own_episodes_before_outliers", "3", "count", ""),
        ("own_outliers_excluded", "1", "count", "S0 outliers.method"),
        ("own_episodes", "2", "count", ""),
        ("own_cost", "200.00", "dollars", ""),
        ("own_risk", "2", "rate", ""),
        ("own_mean", "100.00", "dollars", ""),
        ("state_episodes_before_outliers", "4", "count", ""),
        ("state_outliers_excluded", "1", "count", "S0 outliers.method"),
        ("state_episodes", "3", "count", ""),
        ("state_cost", "400.00", "dollars", ""),
        ("state_risk", "3", "rate", ""),
        ("state_mean", "133.333333333333", "dollars", ""),
        ("weight_own", "0.50", "rate", "assumption (illustrative; default; no fact to import)"),
        ("weight_state", "0.50", "rate", ""),
        ("blended_mean", "116.666666666667", "dollars", ""),
        ("trend_annual", "0.03", "rate", "S0 prices.trend_annual"),
        ("trend_years", "2", "rate", "S0 prices.trend_years"),
        ("trend_factor", "1.060900", "rate", "(1 + trend_annual) ^ trend_years, to six decimals"),
        ("target_price", "123.77", "dollars", ""),
        ("effective_from", "2025-01-01", "date", ""),
        ("effective_to", "2026-01-01", "date", ""),
    ]
    assert [(r.scope, r.base_cents, r.amount_cents) for r in content.outlier_lines] == [("state", 200_00, 212_18)]
    assert set(HOW) >= {"own_mean", "blended_mean", "target_price"}
    assert_ladders_close(content)


def test_an_accountable_entity_without_history_gets_no_price_but_a_finding(blended):
    rules = blended()
    content = price(rules, many("A", "all", 3, 100), ["A", "NEW"], [], rules.period("Y1"))
    assert [p.entity_id for p in content.prices] == ["A"]
    assert [(f.code, f.rows) for f in content.findings] == [("TRU-P007", 1)]
    state_only = price(blended(prices__weight_own=Decimal(0)), many("A", "all", 3, 100), ["A", "NEW"], [], rules.period("Y1"))
    assert [(p.entity_id, p.amount_cents) for p in state_only.prices] == [("A", 100), ("NEW", 100)]
    assert_ladders_close(state_only)


def test_a_base_that_costs_nothing_gives_no_price(blended):
    rules = blended()
    content = price(rules, many("A", "all", 3, 0), ["A"], [], rules.period("Y1"))
    assert (content.prices, content.price_steps, [f.code for f in content.findings]) == ([], [], ["TRU-P006"])


def test_a_cent_is_a_price(blended):
    rules = blended()
    assert [p.amount_cents for p in price(rules, many("A", "all", 3, 1), ["A"], [], rules.period("Y1")).prices] == [1]


def test_truncation_keeps_the_count_and_says_how_many(blended):
    rules = blended(outliers__method="truncate", outliers__high_percentile=Decimal("0.75"))
    content = price(rules, [*many("A", "all", 3, 100_00), *many("A", "all", 1, 900_00)], ["A"], [], rules.period("Y1"))
    steps = {s.name: s.amount for s in content.price_steps}
    assert [steps[f"own_{name}"] for name in ("episodes_before_outliers", "outliers_truncated", "episodes", "cost")] == [
        "4",
        "1",
        "4",
        "400.00",
    ]


def test_a_rule_value_that_is_not_an_exact_number_stops(blended):
    rules = blended(prices__weight_own=0.5)
    with pytest.raises(CheckFailed, match="TRU-P020"):
        price(rules, many("A", "all", 1, 100), ["A"], [], rules.period("Y1"))


def test_an_empty_base_is_refused(blended):
    with pytest.raises(Refused, match="TRU-P001"):
        price(blended(), [], ["A"], [], blended().period("Y1"))


def test_an_unknown_mechanism_is_refused(blended):
    rules = blended(prices__mechanism="guess")
    with pytest.raises(Refused, match="TRU-P002"):
        price(rules, many("A", "all", 1, 100), [], [], rules.period("Y1"))


# --- own_history_thresholds ----------------------------------------------------------------------------------------------------------

JOINED = [Participation("A", date(2020, 11, 1))]


def test_vectors_8_to_10_through_the_rule(own_history):
    rules = own_history(outliers__high_percentile=Decimal("0.99"))
    base = [*many("A", "non_sud", 198, 900_000), *many("A", "non_sud", 1, 6_000_000), *many("A", "non_sud", 1, 8_000_000)]
    content = price(rules, base, [], JOINED, rules.period("Y1"))
    assert [(p.price, p.cohort, p.amount_cents, p.effective_from, p.effective_to) for p in content.prices] == [
        ("acceptable_threshold", "non_sud", 954_810, date(2020, 11, 1), date(2022, 11, 1)),
        ("commendable_threshold", "non_sud", 935_714, date(2020, 11, 1), date(2022, 11, 1)),
    ]
    assert [(r.scope, r.base_cents, r.trend_factor, r.amount_cents) for r in content.outlier_lines] == [
        ("state_cohort:non_sud", 900_000, Decimal("1.060900"), 954_810)
    ]
    assert_ladders_close(content)


@pytest.mark.parametrize(("applied", "cents"), [("before_trend", 935_714), ("after_trend", 936_810)])
def test_vector_11_through_the_rule(own_history, applied, cents):
    changes = {"minimum_savings_rate": "off", "minimum_savings_amount": Decimal("180.00"), "minimum_savings_applied": applied}
    rules = own_history(**{f"prices__{k}": v for k, v in changes.items()})
    content = price(rules, many("A", "non_sud", 5, 900_000), [], JOINED, rules.period("Y1"))
    assert [p.amount_cents for p in content.prices] == [954_810, cents]
    assert_ladders_close(content)


def test_without_minimum_savings_both_lines_are_one(own_history):
    rules = own_history(prices__minimum_savings_rate="off")
    content = price(rules, many("A", "non_sud", 5, 900_000), [], JOINED, rules.period("Y1"))
    assert [p.amount_cents for p in content.prices] == [954_810, 954_810]
    assert_ladders_close(content)


def test_two_forms_of_minimum_savings_are_refused(own_history):
    rules = own_history(prices__minimum_savings_amount=Decimal("180.00"))
    with pytest.raises(Refused, match="TRU-P009"):
        price(rules, many("A", "non_sud", 5, 900_000), [], JOINED, rules.period("Y1"))


def test_the_life_of_a_threshold_starts_with_the_first_join_of_the_family(own_history):
    rules = own_history()
    stays = [
        Participation("OLD", date(2020, 11, 1), date(2021, 3, 1)),
        Participation("OLD", date(2021, 5, 1), date(2021, 8, 1), successor_entity_id="A"),
        Participation("A", date(2021, 8, 1)),
        Participation("EMPTY", date(2021, 8, 1)),
    ]
    base = [*many("A", "sud", 3, 100_00), *many("A", "non_sud", 3, 50_00), *many("STRANGER", "sud", 2, 100)]
    content = price(rules, base, [], stays, rules.period("Y1"))
    assert {(p.entity_id, p.cohort, p.effective_from, p.effective_to) for p in content.prices} == {
        ("A", "sud", date(2020, 11, 1), date(2022, 11, 1)),
        ("A", "non_sud", date(2020, 11, 1), date(2022, 11, 1)),
    }
    assert [(f.code, f.rows) for f in content.findings] == [("TRU-P007", 1), ("TRU-P007", 1), ("TRU-P008", 1)]
    assert_ladders_close(content)


# --- properties ----------------------------------------------------------------------------------------------------------------------

episode = st.builds(
    BaseEpisode,
    st.sampled_from(["A", "B", None]),
    st.sampled_from(["sud", "non_sud"]),
    st.integers(1, 10**7),
    st.integers(1, 5_000_000).map(lambda micros: Decimal(micros).scaleb(-6)),
)
rates = st.integers(0, 100).map(lambda n: Decimal(n) / 100)


@given(
    st.lists(episode, min_size=1, max_size=40), rates, st.integers(-20, 20).map(lambda n: Decimal(n) / 100), st.booleans(), st.booleans()
)
def test_every_ladder_closes_whatever_the_base(blended, own_history, base, rate, annual, truncate, midpoint):
    changes = {
        "prices__trend_annual": annual,
        "prices__trend_years": "midpoint" if midpoint else Decimal("1.5"),
        "outliers__method": "truncate" if truncate else "exclude",
        "outliers__high_percentile": Decimal("0.90"),
        "outliers__low_percentile": Decimal("0.05"),
    }
    stays = [Participation("A", date(2020, 11, 1)), Participation("B", date(2021, 2, 3))]
    for rules in (blended(prices__weight_own=rate, **changes), own_history(prices__minimum_savings_rate=rate, **changes)):
        assert_ladders_close(price(rules, base, ["A", "B"], stays, rules.period("Y1")))


@given(st.lists(episode, min_size=1, max_size=30), st.randoms())
def test_the_order_of_the_base_changes_nothing(blended, base, random):
    rules, mixed = blended(outliers__high_percentile=Decimal("0.95")), list(base)
    random.shuffle(mixed)
    assert price(rules, mixed, ["A", "B"], [], rules.period("Y1")) == price(rules, base, ["B", "A", "A"], [], rules.period("Y1"))
