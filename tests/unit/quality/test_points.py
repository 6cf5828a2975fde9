"""Points of one measure: the published formulas and ladders, at their edges."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trueup.quality.points import (
    Cut,
    attained,
    change_points,
    hvbp_achievement,
    hvbp_improvement,
    improved,
    in_bands,
    in_deciles,
    interpolated,
    is_topped_out,
    on_ladder,
    rounded,
    take,
    variance_of,
)

F = Fraction
TEN = F(10)


def test_lower_is_better_reverses_the_sign() -> None:
    """Reference vector 66: length of stay, threshold 12, benchmark 9, result 10."""
    assert hvbp_achievement(F(10), F(12), F(9), "lower") == F("6.5")


def test_achievement_and_improvement_of_the_hospital_formula() -> None:
    """Reference vector 67: the better of 5.9 and 4.5, rounded, is 6."""
    achievement = hvbp_achievement(F("0.60"), F("0.45"), F("0.70"), "higher")
    improvement = hvbp_improvement(F("0.60"), F("0.50"), F("0.70"), "higher")
    assert (achievement, improvement) == (F("5.9"), F("4.5"))
    both = take(achievement, improvement, "better", TEN)
    assert both is not None
    assert rounded(both, 0) == 6


@pytest.mark.parametrize(
    ("result", "unrounded", "whole"),
    [("0.449", "0", 0), ("0.45", "0.5", 1), ("0.6999", "9", 9), ("0.70", "10", 10), ("0.95", "10", 10)],
)
def test_hospital_achievement_at_threshold_and_benchmark(result: str, unrounded: str, whole: int) -> None:
    found = hvbp_achievement(F(result), F("0.45"), F("0.70"), "higher")
    assert (found, rounded(found, 0)) == (F(unrounded), whole)


@pytest.mark.parametrize(
    ("result", "expected"), [("0.50", "0"), ("0.49", "0"), ("0.51", "0"), ("0.52", "0.5"), ("0.70", "9"), ("0.90", "9")]
)
def test_hospital_improvement_runs_from_nothing_to_nine(result: str, expected: str) -> None:
    assert hvbp_improvement(F(result), F("0.50"), F("0.70"), "higher") == F(expected)


def test_no_improvement_where_the_baseline_was_at_the_benchmark() -> None:
    assert hvbp_improvement(F("0.80"), F("0.70"), F("0.70"), "higher") == 0
    assert improved(F("0.80"), F("0.75"), F("0.70"), "higher", TEN) == 0


@pytest.mark.parametrize(
    ("result", "expected"), [("0.599", "0"), ("0.60", "0"), ("0.70", "0.5"), ("0.75", "0.75"), ("0.80", "1"), ("0.9", "1")]
)
def test_interpolation_from_threshold_to_benchmark(result: str, expected: str) -> None:
    assert interpolated(F(result), F("0.60"), F("0.80"), "higher", F(1)) == F(expected)


def test_interpolation_can_start_above_nothing_and_leave_the_threshold_itself_out() -> None:
    """The earlier accountable-care rule: 1.1 points from the 30th percentile, 2 at the 90th, for example."""
    terms = (F("0.60"), F("0.80"), "higher", F(2))
    assert interpolated(F("0.60"), *terms, at_threshold=F("1.1")) == F("1.1")
    assert interpolated(F("0.60"), *terms, at_threshold=F("1.1"), bound="exclusive") == 0
    assert interpolated(F("0.70"), *terms, at_threshold=F("1.1"), bound="exclusive") == F("1.55")


def test_interpolation_of_a_cesarean_rate() -> None:
    assert interpolated(F("0.26"), F("0.30"), F("0.22"), "lower", F(1)) == F("0.5")
    assert interpolated(F("0.31"), F("0.30"), F("0.22"), "lower", F(1)) == 0
    assert interpolated(F("0.20"), F("0.30"), F("0.22"), "lower", F(1)) == 1


@pytest.mark.parametrize("benchmark", ["0.60", "0.50"])
def test_no_line_to_a_benchmark_that_is_not_better(benchmark: str) -> None:
    with pytest.raises(ValueError, match="not better"):
        interpolated(F("0.70"), F("0.60"), F(benchmark), "higher", F(1))
    with pytest.raises(ValueError, match="not better"):
        hvbp_achievement(F("0.70"), F("0.60"), F(benchmark), "higher")


ETC = [Cut(F(90), F(2)), Cut(F(75), F("1.5")), Cut(F(50), F(1)), Cut(F(30), F("0.5"))]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("29.99", "0"),
        ("30", "0.5"),
        ("49.99", "0.5"),
        ("50", "1"),
        ("74.99", "1"),
        ("75", "1.5"),
        ("89.99", "1.5"),
        ("90", "2"),
        ("100", "2"),
    ],
)
def test_the_kidney_ladder(result: str, expected: str) -> None:
    """90th percentile 2 points, 75th 1.5, 50th 1, 30th 0.5, else 0; here the result stands for its own percentile."""
    assert on_ladder(F(result), ETC, "higher") == F(expected)


def test_an_exclusive_cut_is_not_reached_at_itself_in_either_direction() -> None:
    cuts = [Cut(F("0.25"), F(2), "exclusive"), Cut(F("0.30"), F(1))]
    assert [on_ladder(F(r), cuts, "lower") for r in ("0.301", "0.30", "0.25", "0.249")] == [0, 1, 1, 2]


def test_the_ladder_takes_the_higher_of_achievement_and_improvement() -> None:
    steps = [Cut(F("0.10"), F("1.5")), Cut(F("0.05"), F(1)), Cut(F(0), F("0.5"), "exclusive")]
    achievement = on_ladder(F(40), ETC, "higher")
    improvement = change_points(F(44), F(40), steps, "higher", "relative")
    assert (achievement, improvement) == (F("0.5"), F("1.5"))
    assert take(achievement, improvement, "better", F(2)) == F("1.5")


def test_a_change_is_a_difference_or_relative_and_from_zero_only_a_difference() -> None:
    steps = [Cut(F("0.05"), F(1))]
    assert change_points(F("0.25"), F("0.30"), steps, "lower", "difference") == 1
    assert change_points(F("0.35"), F("0.30"), steps, "lower", "difference") == 0
    assert change_points(F("0.10"), F(0), steps, "higher", "relative") is None


DECILES = [F(n, 10) for n in range(1, 10)]


@pytest.mark.parametrize(
    ("result", "expected"),
    [("0", "1"), ("0.05", "1.5"), ("0.1", "2"), ("0.15", "2.5"), ("0.89", "9.9"), ("0.9", "10"), ("1", "10")],
)
def test_deciles_have_partial_points_so_that_no_edge_is_a_cliff(result: str, expected: str) -> None:
    assert in_deciles(F(result), DECILES, "higher", floor=F(0)) == F(expected)


def test_a_first_decile_without_a_floor_has_one_point() -> None:
    assert in_deciles(F("0.09"), DECILES, "higher") == 1


def test_equal_edges_are_passed_together() -> None:
    edges = [F("0.2")] * 4 + [F("0.5")] * 5
    assert in_deciles(F("0.2"), edges, "higher") == 5
    assert in_deciles(F("0.5"), edges, "higher") == 10


def test_deciles_of_a_lower_is_better_measure_run_down() -> None:
    edges = [F(n, 100) for n in range(40, 31, -1)]
    assert in_deciles(F("0.40"), edges, "lower") == 2
    assert in_deciles(F("0.395"), edges, "lower") == F("2.5")
    assert in_deciles(F("0.32"), edges, "lower") == 10


def test_deciles_need_nine_edges_in_order() -> None:
    with pytest.raises(ValueError, match="nine edges"):
        in_deciles(F(0), DECILES[:8], "higher")
    with pytest.raises(ValueError, match="nine edges"):
        in_deciles(F(0), DECILES, "lower")


def test_a_topped_out_measure_has_its_median_at_the_cap() -> None:
    assert [is_topped_out(F(m), F("0.95"), "higher") for m in ("0.949", "0.95", "0.99")] == [False, True, True]
    assert [is_topped_out(F(m), F("0.95"), "lower") for m in ("0.051", "0.05", "0.01")] == [False, True, True]


STARS = [Cut(F("-1.5"), F(2)), Cut(F("-0.5"), F(3)), Cut(F("0.5"), F(4)), Cut(F("1.5"), F(5)), Cut(F(-100), F(1))]


@pytest.mark.parametrize(
    ("result", "stars"), [("20", 1), ("34.99", 1), ("35", 2), ("45", 3), ("50", 3), ("54.99", 3), ("55", 4), ("65", 5)]
)
def test_stars_are_bands_of_standard_deviations_with_the_mean_at_three(result: str, stars: int) -> None:
    assert in_bands(F(result), F(50), F(100), STARS, "higher") == stars


def test_stars_of_a_lower_is_better_measure() -> None:
    assert in_bands(F("34.99"), F(50), F(100), STARS, "lower") == 5
    assert in_bands(F(65), F(50), F(100), STARS, "lower") == 2


def test_peers_without_any_difference_are_all_at_their_mean() -> None:
    assert in_bands(F(50), F(50), F(0), STARS, "higher") == 3


def test_the_variance_of_peers_by_either_divisor() -> None:
    results = [F(40), F(50), F(60)]
    assert variance_of(results, "population") == F(200, 3)
    assert variance_of(results, "sample") == 100
    assert variance_of([F(1)], "sample") is None


@pytest.mark.parametrize(("result", "points"), [("0.599", 0), ("0.60", 1), ("0.61", 1)])
def test_attained_is_all_or_nothing(result: str, points: int) -> None:
    assert attained(F(result), F("0.60"), "inclusive", "higher", F(1)) == points


@pytest.mark.parametrize(("how", "expected"), [("achievement", "4"), ("improvement", "7"), ("better", "7"), ("sum", "10")])
def test_which_points_count(how: str, expected: str) -> None:
    assert take(F(4), F(7), how, TEN) == F(expected)


def test_without_an_own_baseline_only_achievement_is_left() -> None:
    assert [take(F(4), None, how, TEN) for how in ("achievement", "better", "sum")] == [4, 4, 4]
    assert take(F(4), None, "improvement", TEN) is None
    assert take(None, None, "better", TEN) is None


def test_rounding_before_or_after_comparing_changes_the_answer() -> None:
    """0.5996 is short of 0.60; rounded to three decimals first, it reaches it."""
    result = F("0.5996")
    assert attained(result, F("0.60"), "inclusive", "higher", F(1)) == 0
    assert attained(rounded(result, 3), F("0.60"), "inclusive", "higher", F(1)) == 1
