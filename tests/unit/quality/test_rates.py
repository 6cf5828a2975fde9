"""Results of measures from counts, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trueup.errors import CheckFailed
from trueup.quality import rates
from trueup.quality.rates import Result
from trueup.quality.small_numbers import mean_of_peers, pooled_counts, pooled_distribution, shrunk

# Reference vector 57: stays of 2, 3, 4 and 12 days.
STAYS = {2: 1, 3: 1, 4: 1, 12: 1}


def four(value: Fraction | None) -> str:
    assert value is not None
    return f"{float(value):.4f}"


def test_length_of_stay_has_a_mean_a_median_and_a_geometric_mean() -> None:
    assert rates.mean(STAYS) == Fraction("5.25")
    assert rates.median(STAYS) == Fraction("3.5")
    assert four(rates.geometric_mean(STAYS)) == "4.1195"


def test_a_geometric_mean_is_the_same_to_twelve_decimals_however_units_are_grouped() -> None:
    assert rates.geometric_mean({2: 3, 8: 3}) == Fraction(4)
    assert rates.geometric_mean({5: 7}) == Fraction(5)
    assert rates.geometric_mean(STAYS) == Fraction("4.119534287814")


def test_a_value_of_zero_has_no_geometric_mean_and_does_not_vanish() -> None:
    assert rates.geometric_mean({0: 1, 4: 3}) is None
    assert rates.geometric_mean({0: 0, 4: 3}) == Fraction(4)


def test_nothing_has_no_mean_at_all() -> None:
    assert (rates.mean({}), rates.median({}), rates.geometric_mean({}), rates.result_of({}, "mean")) == (None, None, None, None)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(356, 1072, "0.332"), (566, 1072, "0.528"), (941, 6797, "0.138"), (471, 6797, "0.069")],
)
def test_published_rates_come_back(numerator: int, denominator: int, expected: str) -> None:
    """Reference vectors 64 and 65."""
    assert f"{float(rates.proportion(numerator, denominator)):.3f}" == expected


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (1, 0), (3, 2), (-1, 2)])
def test_counts_that_are_no_rate_are_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(CheckFailed, match="TRU-Q001"):
        rates.proportion(numerator, denominator)


def test_fewer_than_no_units_are_refused() -> None:
    with pytest.raises(CheckFailed, match="TRU-Q002"):
        rates.mean({2: -1})


def test_the_fences_are_three_interquartile_ranges_out_and_keep_what_stands_on_them() -> None:
    values = {4: 1, 5: 1, 6: 1, 7: 1, 8: 1}
    assert rates.fences(values) == (Fraction(-1), Fraction(13))
    wide = {**values, 13: 1}
    low, high = rates.fences(values)
    assert rates.within(wide, low, high) == wide
    assert rates.within({**values, 14: 1}, low, high) == values


def test_a_trimmed_mean_is_published_with_the_untrimmed_one() -> None:
    everybody = {4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 90: 1}
    trim = rates.fences(everybody)
    assert trim == (Fraction("-2.5"), Fraction(15))
    assert rates.result_of(everybody, "trimmed_mean", trim) == Result(Fraction(6), 10, Fraction(150, 11), 11)
    assert rates.result_of({90: 3}, "trimmed_mean", trim) is None


def test_without_the_peers_a_trimmed_mean_has_fences_of_its_own() -> None:
    everybody = {4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 90: 1}
    assert rates.result_of(everybody, "trimmed_mean") == Result(Fraction(6), 10, Fraction(150, 11), 11)


def test_a_percentage_is_cut_at_each_end_in_whole_units() -> None:
    values = {1: 1, 2: 8, 90: 1}
    assert rates.cut_ends(values, 10) == {2: 8}
    assert rates.cut_ends(values, 9) == values
    assert rates.result_of(values, "trimmed_mean", trim_percent=10) == Result(Fraction(2), 8, Fraction("10.7"), 10)


@pytest.mark.parametrize(
    ("method", "share", "expected"),
    [
        ("nearest_rank", "0.25", 20), ("nearest_rank", "0.4", 20), ("nearest_rank", "0.41", 30),
        ("nearest_rank", "1", 50), ("nearest_rank", "0", 10),
        ("linear", "0.25", 20), ("linear", "0.9", 46), ("higher", "0.9", 50), ("higher", "0.25", 20),
    ],
)  # fmt: skip
def test_a_percentile_follows_its_named_rank_rule(method: str, share: str, expected: int) -> None:
    ordered = [Fraction(v) for v in (10, 20, 30, 40, 50)]
    assert rates.percentile(ordered, Fraction(share), method) == expected


def test_percentiles_of_values_ordered_from_the_worst_count_toward_the_best() -> None:
    cesarean = [Fraction(v) for v in (40, 30, 20, 10)]
    assert rates.percentile(cesarean, Fraction(3, 4), "nearest_rank") == 20


def test_no_value_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no percentile"):
        rates.percentile([], Fraction(1, 2), "linear")


def test_a_small_result_moves_toward_its_peers_by_k_units() -> None:
    assert shrunk(Fraction(1, 2), 10, Fraction(1, 4), Fraction(30)) == Fraction("0.3125")
    assert shrunk(Fraction(1, 2), 10, Fraction(1, 4), Fraction(0)) == Fraction(1, 2)
    assert shrunk(Fraction(0), 0, Fraction(1, 4), Fraction(30)) == Fraction(1, 4)
    with pytest.raises(ValueError, match="cannot shrink"):
        shrunk(Fraction(0), 0, Fraction(1, 4), Fraction(0))


def test_years_are_pooled_by_counts_not_by_rates() -> None:
    assert pooled_counts([(5, 10), (30, 40)]) == (35, 50)
    assert pooled_distribution([{2: 1, 3: 1}, {3: 2}]) == {2: 1, 3: 3}


def test_the_mean_of_peers_weighs_them_by_their_units() -> None:
    assert mean_of_peers([(Fraction(1, 2), 10), (Fraction(1, 4), 30)]) == Fraction(5, 16)
    assert mean_of_peers([]) is None
