"""The outlier line: rank rules, strictness, scope, exclude or truncate."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.errors import CheckFailed, Refused
from trueup.money import nearest_rank, round_half_up
from trueup.pricing.inputs import BaseEpisode
from trueup.pricing.outliers import apply_outlier_rule, exceeds, falls_below, line_at, rank_weights

P99 = Decimal("0.99")


def episodes(*costs: int, risk: str = "1", entity: str | None = "A", cohort: str = "all") -> list[BaseEpisode]:
    return [BaseEpisode(entity, cohort, cost, Decimal(risk)) for cost in costs]


TWO_HUNDRED = episodes(*[900_000] * 198, 6_000_000, 8_000_000)


def test_vector_8_p99_by_nearest_rank_and_by_type_7():
    assert line_at(TWO_HUNDRED, P99) == 900_000
    assert rank_weights(200, P99, "nearest_rank") == [(197, Fraction(1))]
    assert line_at(TWO_HUNDRED, P99, "linear") == 951_000
    for line in (900_000, 951_000):
        assert sum(exceeds(e.total_cost_cents, line, e.risk_score) for e in TWO_HUNDRED) == 2


@pytest.mark.parametrize(
    ("method", "mean_cents"), [("exclude", Fraction(900_000)), ("truncate", Fraction(900_000)), ("off", Fraction(961_000))]
)
def test_vector_9_mean_after_removal_truncated_at_nearest_rank_and_naive(own_history, method, mean_cents):
    changes = {"outliers__high_percentile": "off"} if method == "off" else {"outliers__high_percentile": P99, "outliers__method": method}
    base = apply_outlier_rule(own_history(**changes), TWO_HUNDRED)
    assert base.state().mean == mean_cents
    assert base.state().outliers == (0 if method == "off" else 2)


def test_vector_9_mean_truncated_at_type_7():
    line = line_at(TWO_HUNDRED, P99, "linear")
    assert Fraction(sum(min(Fraction(e.total_cost_cents), line) for e in TWO_HUNDRED), 200) == 900_510


def test_t13_exclude_is_not_cap():
    hundred = episodes(*[1_000_000] * 99, 11_000_000)
    assert (line_at(hundred, P99), line_at(hundred, P99, "linear")) == (1_000_000, 1_100_000)
    ones = episodes(*range(1, 101))
    assert (line_at(ones, P99), line_at(ones, P99, "linear")) == (99, Fraction("99.01"))


def test_vector_81_a_cost_at_the_line_stays_and_a_cent_more_leaves():
    assert not exceeds(4_000_000, 4_000_000, Decimal(1))
    assert exceeds(4_000_001, 4_000_000, Decimal(1))
    assert not exceeds(4_800_000, 4_000_000, Decimal("1.2"))
    assert exceeds(4_800_001, 4_000_000, Decimal("1.2"))
    assert falls_below(3_999_999, 4_000_000, Decimal(1))
    assert not falls_below(4_000_000, 4_000_000, Decimal(1))


def test_the_line_is_taken_after_risk():
    rows = [*episodes(10_000), *episodes(10_000, risk="0.5"), *episodes(30_000, risk="2")]  # standardized 10,000 20,000 15,000
    assert line_at(rows, Decimal("0.5")) == 15_000
    assert line_at(rows, Decimal(1)) == 20_000


def test_the_episode_that_sets_the_line_stays_even_where_the_line_has_no_end(blended):
    rows = [*episodes(100), *episodes(10_000, risk="1.03")]  # the line is 9708.7378..., to a cent it would lie below its own episode
    base = apply_outlier_rule(blended(outliers__high_percentile=Decimal(1)), rows)
    assert base.state().outliers == 0
    assert [line.base_cents for line in base.frozen(Decimal("1.000000"))] == [9709]


def test_scope_state_cohort_takes_a_line_in_each_cohort(own_history):
    rows = [*episodes(*range(1, 101), cohort="non_sud"), *episodes(*range(1001, 1101), cohort="sud")]
    base = apply_outlier_rule(own_history(outliers__high_percentile=P99), rows)
    lines = base.frozen(Decimal("1.060900"))
    assert [(r.scope, r.tail, r.base_cents, r.amount_cents, r.episodes) for r in lines] == [
        ("state_cohort:non_sud", "high", 99, 105, 100),
        ("state_cohort:sud", "high", 1099, 1166, 100),
    ]
    assert base.groups["A", "non_sud"].outliers == 1
    together = apply_outlier_rule(own_history(outliers__high_percentile=P99, outliers__scope="state"), rows)
    assert [(r.scope, r.base_cents, r.episodes) for r in together.frozen(Decimal(1))] == [("state", 1098, 200)]


def test_low_tail_removes_strictly_below_and_truncation_lifts(blended):
    rows = episodes(1, *range(101, 200))
    low = {"outliers__low_percentile": Decimal("0.02")}
    base = apply_outlier_rule(blended(**low), rows)
    assert (base.state().episodes, base.state().cost_cents) == (99, sum(range(101, 200)))
    lifted = apply_outlier_rule(blended(outliers__method="truncate", **low), rows)
    assert (lifted.state().episodes, lifted.state().outliers, lifted.state().cost_cents) == (100, 1, 101 + sum(range(101, 200)))


def test_truncation_counts_the_line_times_risk(blended):
    rows = [*episodes(*[100] * 99), *episodes(1_000, risk="1.25")]
    base = apply_outlier_rule(blended(outliers__method="truncate", outliers__high_percentile=P99), rows)
    assert (base.state().cost_cents, base.state().risk) == (9_900 + 125, Fraction("100.25"))


def test_unattributed_episodes_count_for_the_state_only(blended):
    base = apply_outlier_rule(blended(), [*episodes(100), *episodes(300, entity=None)])
    assert base.state().mean == 200
    assert base.by_entity()["A"].mean == 100


@pytest.mark.parametrize("risk", ["0", "-1", "1.0000001"])
def test_a_risk_score_that_cannot_be_counted_in_millionths_is_refused(risk):
    with pytest.raises(CheckFailed, match="TRU-P003"):
        line_at(episodes(100, risk=risk), P99)


@pytest.mark.parametrize(("count", "percentile"), [(0, "0.5"), (10, "0"), (10, "1.01")])
def test_no_rank_without_episodes_or_with_a_percentile_outside(count, percentile):
    with pytest.raises(Refused, match="TRU-P004"):
        rank_weights(count, Decimal(percentile), "nearest_rank")


costs = st.lists(st.integers(0, 10**8), min_size=1, max_size=60)
percentiles = st.integers(1, 100).map(lambda p: Decimal(p) / 100)
risks = st.integers(1, 999_999_999).map(lambda m: Decimal(m).scaleb(-6))


@given(costs, percentiles)
def test_at_risk_one_the_line_is_the_nearest_rank_of_the_costs(values, p):
    assert line_at(episodes(*values), p) == nearest_rank(values, p)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), risks), min_size=1, max_size=40), percentiles)
def test_integer_sorting_is_fraction_sorting(pairs, p):
    rows = [BaseEpisode("A", "all", cost, risk) for cost, risk in pairs]
    ordered = sorted(Fraction(cost) / Fraction(risk) for cost, risk in pairs)
    assert line_at(rows, p) == ordered[rank_weights(len(rows), p, "nearest_rank")[0][0]]


@given(st.integers(0, 10**9), st.integers(0, 10**9), risks)
def test_exceeds_is_the_integer_comparison_of_the_sql(cost, line, risk):
    assert exceeds(cost, line, risk) == (cost * 1_000_000 > line * round_half_up(risk * 1_000_000))


def test_t13_p99_by_three_rank_rules_and_the_capped_mean(own_history):
    base = episodes(*[1_000_000] * 99, 11_000_000)
    lines = {method: line_at(base, P99, method) for method in ("nearest_rank", "linear", "higher")}
    assert lines == {"nearest_rank": 1_000_000, "linear": 1_100_000, "higher": 11_000_000}
    capped = Fraction(sum(min(Fraction(e.total_cost_cents), lines["linear"]) for e in base), 100)
    assert (Fraction(sum(e.total_cost_cents for e in base), 100), capped) == (1_100_000, 1_001_000)
    means = {}
    for method in lines:
        rules = own_history(outliers__high_percentile=P99, outliers__percentile_method=method, outliers__method="truncate")
        means[method] = apply_outlier_rule(rules, base).state().mean
    assert means == {"nearest_rank": 1_000_000, "linear": 1_001_000, "higher": 1_100_000}


def test_t13_one_to_a_hundred():
    base = episodes(*range(1, 101))
    assert [line_at(base, P99, method) for method in ("linear", "nearest_rank", "higher")] == [Fraction("99.01"), 99, 100]
    assert line_at(episodes(*range(1, 102)), P99, "higher") == line_at(episodes(*range(1, 102)), P99, "linear") == 100
