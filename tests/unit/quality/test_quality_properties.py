"""What holds whatever the results are: points within bounds, more for better, weights that stay whole, scale that moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from trueup.quality.points import (
    Cut,
    attained,
    hvbp_achievement,
    hvbp_improvement,
    improved,
    in_bands,
    in_deciles,
    interpolated,
    on_ladder,
)
from trueup.quality.rates import cut_ends, fences, geometric_mean, mean, median, within
from trueup.quality.scorecard import SlotScore, composite, effective_weights, nominal_weights, share_pool
from trueup.quality.submissions import Report, Terms, judge

F = Fraction
RATES = st.fractions(min_value=0, max_value=1, max_denominator=200)
DIRECTIONS = st.sampled_from(["higher", "lower"])
BOUNDS = st.sampled_from(["inclusive", "exclusive"])
TEN = F(10)

Score = Callable[[Fraction], Fraction]


def span(low: Fraction, width: Fraction, direction: str) -> tuple[Fraction, Fraction]:
    """A threshold and a benchmark on its better side."""
    return (low, low + width) if direction == "higher" else (low + width, low)


@st.composite
def methods(draw: st.DrawFn, scale: Fraction = F(1)) -> tuple[Score, Score, str]:
    """A way of scoring, the same after everything is multiplied by `scale`, and its direction."""
    direction, bound = draw(DIRECTIONS), draw(BOUNDS)
    width = draw(st.fractions(min_value=F(1, 50), max_value=1, max_denominator=50))
    low, base = draw(RATES), draw(RATES)
    threshold, benchmark = span(low, width, direction)
    start = draw(st.fractions(min_value=0, max_value=10, max_denominator=10))
    points = sorted(draw(st.lists(st.integers(0, 10), min_size=9, max_size=9)))
    ats = sorted(draw(st.lists(RATES, min_size=9, max_size=9)), reverse=direction == "lower")
    centre, variance = draw(RATES), draw(st.fractions(min_value=F(1, 50), max_value=1, max_denominator=50))
    name = draw(st.sampled_from(["interpolated", "hvbp", "hvbp_improvement", "improved", "ladder", "deciles", "bands", "attained"]))

    def of(k: Fraction) -> Score:
        cuts = [Cut(at * k, F(p), bound) for at, p in zip(ats, points, strict=True)]  # pyright: ignore[reportArgumentType]
        steps = [Cut(F(n - 4, 2), F(p)) for n, p in enumerate(points)]
        t, b = threshold * k, benchmark * k
        return {
            "interpolated": lambda x: interpolated(x, t, b, direction, TEN, bound=bound, at_threshold=start),
            "hvbp": lambda x: hvbp_achievement(x, t, b, direction),
            "hvbp_improvement": lambda x: hvbp_improvement(x, base * k, b, direction),
            "improved": lambda x: improved(x, base * k, b, direction, TEN),
            "ladder": lambda x: on_ladder(x, cuts, direction),
            "deciles": lambda x: in_deciles(x, [at * k for at in ats], direction),
            "bands": lambda x: in_bands(x, centre * k, variance * k * k, steps, direction),
            "attained": lambda x: attained(x, t, bound, direction, TEN),
        }[name]

    return of(F(1)), of(scale), direction


@given(methods(), RATES)
def test_points_lie_within_their_bounds(method: tuple[Score, Score, str], result: Fraction) -> None:
    assert 0 <= method[0](result) <= 10


@given(methods(), RATES, RATES)
def test_a_better_result_never_earns_fewer_points(method: tuple[Score, Score, str], one: Fraction, other: Fraction) -> None:
    score, _, direction = method
    worse, better = sorted((one, other), reverse=direction == "lower")
    assert score(worse) <= score(better)


@given(st.data(), st.fractions(min_value=F(1, 100), max_value=100, max_denominator=100), RATES)
def test_a_common_scale_moves_no_point(data: st.DataObject, scale: Fraction, result: Fraction) -> None:
    plain, scaled, _ = data.draw(methods(scale))
    assert plain(result) == scaled(result * scale)


@st.composite
def scorecards(draw: st.DrawFn) -> tuple[list[SlotScore], dict[str, Fraction] | None]:
    """Slots with positive weights in up to three domains, some of them without a score."""
    domains = draw(st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]))
    count = draw(st.integers(1, 8))
    slots = [
        SlotScore(
            f"s{n}",
            draw(st.fractions(min_value=F(1, 20), max_value=1, max_denominator=20)),
            draw(st.one_of(st.none(), RATES)),
            draw(st.sampled_from(domains)),
        )
        for n in range(count)
    ]
    shares = {d: draw(st.fractions(min_value=F(1, 20), max_value=1, max_denominator=20)) for d in domains}
    return slots, draw(st.sampled_from([None, shares]))


@given(scorecards(), st.sampled_from(["within_domain", "across_domains"]))
def test_reweighting_keeps_the_weight_sum(drawn: tuple[list[SlotScore], dict[str, Fraction] | None], how: str) -> None:
    slots, domains = drawn
    assert sum(nominal_weights(slots, domains).values()) == 1
    weights = effective_weights(slots, domains, how)
    assert sum(weights.values()) == (1 if any(s.score is not None for s in slots) else 0)
    assert set(weights) == {s.slot for s in slots if s.score is not None}


@given(scorecards(), st.sampled_from(["within_domain", "across_domains"]))
def test_a_composite_lies_between_the_worst_and_the_best_score(drawn: tuple[list[SlotScore], dict[str, Fraction] | None], how: str) -> None:
    slots, domains = drawn
    found = composite(slots, effective_weights(slots, domains, how))
    scores = [s.score for s in slots if s.score is not None]
    assert (found is None) == (not scores)
    if found is not None:
        assert min(scores) <= found <= max(scores)


@given(scorecards(), st.fractions(min_value=F(1, 100), max_value=100, max_denominator=100))
def test_a_common_scale_of_the_weights_moves_nothing(drawn: tuple[list[SlotScore], dict[str, Fraction] | None], scale: Fraction) -> None:
    slots, domains = drawn
    scaled = [SlotScore(s.slot, s.weight * scale, s.score, s.domain) for s in slots]
    assert effective_weights(slots, domains) == effective_weights(scaled, domains)


@given(scorecards())
def test_without_domains_both_ways_of_reweighting_agree(drawn: tuple[list[SlotScore], dict[str, Fraction] | None]) -> None:
    slots, _ = drawn
    assert effective_weights(slots, None, "within_domain") == effective_weights(slots, None, "across_domains")


@given(st.integers(0, 10**9), st.dictionaries(st.sampled_from("ABCDEFG"), st.fractions(min_value=0, max_value=5, max_denominator=60)))
def test_a_pool_is_paid_to_the_cent_or_left_whole(cents: int, weights: dict[str, Fraction]) -> None:
    parts, left = share_pool(cents, weights)
    assert sum(parts.values()) + left == cents
    assert all(part >= 0 for part in parts.values())
    assert left == (0 if any(w > 0 for w in weights.values()) else cents)


DISTRIBUTIONS = st.dictionaries(st.integers(1, 60), st.integers(1, 5), min_size=1, max_size=12)


@given(DISTRIBUTIONS)
def test_means_lie_among_the_values_and_the_geometric_one_is_the_smallest(values: dict[int, int]) -> None:
    arithmetic, middle, geometric = mean(values), median(values), geometric_mean(values)
    assert arithmetic is not None
    assert middle is not None
    assert geometric is not None
    assert min(values) <= middle <= max(values)
    assert geometric <= arithmetic + F(1, 10**12)


@given(DISTRIBUTIONS)
def test_trimming_keeps_the_middle(values: dict[int, int]) -> None:
    middle = median(values)
    assert middle is not None
    low, high = fences(values)
    assert low <= middle <= high
    assert sum(within(values, low, high).values()) >= sum(values.values()) / 2
    assert sum(cut_ends(values, 10).values()) == sum(values.values()) - 2 * (sum(values.values()) * 10 // 100)


@st.composite
def reports(draw: st.DrawFn) -> list[Report]:
    """Reports of one measure by one entity, some of them impossible, late or the same."""
    return [
        Report(
            "E",
            "PY",
            "m",
            draw(st.sampled_from(["S1", "S2", "S3"])),
            date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 120))),
            draw(st.integers(0, 12)),
            draw(st.integers(0, 10)),
            None,
            10,
        )
        for _ in range(draw(st.integers(1, 6)))
    ]


@given(reports(), st.sampled_from(["until_deadline", "any_time", "never"]))
def test_at_most_one_report_counts_and_every_one_has_a_reason_or_counts(drawn: list[Report], again: str) -> None:
    judged = judge(drawn, {"PY": date(2025, 12, 31)}, {"PY": {"m": "submission"}}, Terms(90, F(1, 2), again), "demo")
    assert len(judged) == len(drawn)
    assert sum(j.status == "accepted" for j in judged) <= 1
    assert all((j.status == "accepted") == (j.reason == "") for j in judged)
    assert len({j.receipt_id for j in judged}) == len(judged)
