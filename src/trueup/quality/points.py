"""Points of one measure: achievement against cut-offs, improvement against the own past, and which of the two counts.

Direction is `higher` or `lower`: which way is better. Results are never turned round; `gain` measures a step toward the better side, so one
formula serves both directions. All numbers are exact; rounding is a step of its own, where the rules put it.
Source: docs/reference/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from trueup.money import to_places

Direction = Literal["higher", "lower"]
Bound = Literal["inclusive", "exclusive"]
HALF = Fraction(1, 2)
HVBP_BEST, HVBP_PARTIAL = Fraction(10), Fraction(9)


@dataclass(frozen=True, slots=True)
class Cut:
    """From `at` on, toward the better side, a measure earns `points`; an inclusive cut is reached at `at` itself."""

    at: Fraction
    points: Fraction
    bound: Bound = "inclusive"


def gain(start: Fraction, end: Fraction, direction: str) -> Fraction:
    """How far `end` is on the better side of `start`; negative if it is worse."""
    return end - start if direction == "higher" else start - end


def reaches(result: Fraction, at: Fraction, bound: str, direction: str) -> bool:
    """Whether a result is as good as `at` (inclusive), or better than it (exclusive)."""
    step = gain(at, result, direction)
    return step > 0 or (step == 0 and bound == "inclusive")


# --- achievement ---------------------------------------------------------------------------------------------------------------------


def attained(result: Fraction, threshold: Fraction, bound: str, direction: str, maximum: Fraction) -> Fraction:
    """All points or none."""
    return maximum if reaches(result, threshold, bound, direction) else Fraction(0)


def interpolated(
    result: Fraction,
    threshold: Fraction,
    benchmark: Fraction,
    direction: str,
    maximum: Fraction,
    *,
    bound: str = "inclusive",
    at_threshold: Fraction = Fraction(0),
) -> Fraction:
    """No points short of the threshold, all at the benchmark, and a straight line from `at_threshold` points between them.

    Raises:
        ValueError: if the benchmark is not better than the threshold; there is no line then.
    """
    width = gain(threshold, benchmark, direction)
    if width <= 0:
        raise ValueError("the benchmark is not better than the threshold")
    if not reaches(result, threshold, bound, direction):
        return Fraction(0)
    share = min(gain(threshold, result, direction) / width, Fraction(1))
    return at_threshold + (maximum - at_threshold) * share


def hvbp_achievement(result: Fraction, threshold: Fraction, benchmark: Fraction, direction: str) -> Fraction:
    """9 (x - T) / (B - T) + 0.5 between threshold and benchmark, at most 9; 0 short of the threshold, 10 at the benchmark. Unrounded.

    Raises:
        ValueError: if the benchmark is not better than the threshold.
    """
    width = gain(threshold, benchmark, direction)
    if width <= 0:
        raise ValueError("the benchmark is not better than the threshold")
    if reaches(result, benchmark, "inclusive", direction):
        return HVBP_BEST
    if not reaches(result, threshold, "inclusive", direction):
        return Fraction(0)
    return min(9 * gain(threshold, result, direction) / width + HALF, HVBP_PARTIAL)


def hvbp_improvement(result: Fraction, baseline: Fraction, benchmark: Fraction, direction: str) -> Fraction:
    """10 (x - base) / (B - base) - 0.5, from 0 to 9; 0 where nothing improved or the baseline is at the benchmark. Unrounded."""
    room = gain(baseline, benchmark, direction)
    step = gain(baseline, result, direction)
    if room <= 0 or step <= 0:
        return Fraction(0)
    return max(min(10 * step / room - HALF, HVBP_PARTIAL), Fraction(0))


def on_ladder(result: Fraction, cuts: Sequence[Cut], direction: str) -> Fraction:
    """The most points among the cut points reached; 0 below the first."""
    return max((cut.points for cut in cuts if reaches(result, cut.at, cut.bound, direction)), default=Fraction(0))


def in_deciles(
    result: Fraction, edges: Sequence[Fraction], direction: str, *, floor: Fraction | None = None, maximum: Fraction = Fraction(10)
) -> Fraction:
    """1 to 10 tenths of `maximum` by decile, with partial points, so that no edge is a cliff.

    Args:
        result: the entity's result.
        edges: the nine edges between deciles, from the worst to the best.
        direction: which way is better.
        floor: where the first decile begins; without one, everybody short of the first edge has 1 tenth.
        maximum: the points of the tenth decile.

    Raises:
        ValueError: if there are not nine edges in order.
    """
    if len(edges) != 9 or any(gain(a, b, direction) < 0 for a, b in pairwise(edges)):
        raise ValueError("nine edges from the worst to the best are due")
    reached = sum(1 for edge in edges if reaches(result, edge, "inclusive", direction))
    if reached == len(edges):
        return maximum
    low = edges[reached - 1] if reached else floor
    part = Fraction(0)
    if low is not None:
        width = gain(low, edges[reached], direction)
        part = min(max(gain(low, result, direction) / width, Fraction(0)), Fraction(1)) if width > 0 else Fraction(0)
    return maximum * (reached + 1 + part) / 10


def in_bands(result: Fraction, mean: Fraction, variance: Fraction, cuts: Sequence[Cut], direction: str) -> Fraction:
    """The points of the best band reached. Edges are in standard deviations from the mean, positive on the better side.

    Compared exactly. Where the peers do not differ at all, everybody is at their mean.
    """
    return max((cut.points for cut in cuts if _beyond(gain(mean, result, direction), cut, variance)), default=Fraction(0))


def _beyond(step: Fraction, cut: Cut, variance: Fraction) -> bool:
    """Whether step reaches at × √variance: both sides squared with their signs, so that no root is taken."""
    if variance == 0:
        return cut.at < 0 or (cut.at == 0 and cut.bound == "inclusive")
    left, right = step * abs(step), cut.at * abs(cut.at) * variance
    return left > right or (left == right and cut.bound == "inclusive")


def variance_of(results: Sequence[Fraction], kind: str) -> Fraction | None:
    """The variance of the peers' results: `population` divides by n, `sample` by n - 1. None where that is no number."""
    divisor = len(results) - (1 if kind == "sample" else 0)
    if divisor < 1:
        return None
    centre = sum(results, Fraction(0)) / len(results)
    return sum(((r - centre) ** 2 for r in results), Fraction(0)) / divisor


# --- improvement ---------------------------------------------------------------------------------------------------------------------


def improved(result: Fraction, baseline: Fraction, benchmark: Fraction, direction: str, maximum: Fraction) -> Fraction:
    """A straight line from no points at the own baseline to all at the benchmark; 0 where the baseline was already there."""
    room = gain(baseline, benchmark, direction)
    if room <= 0:
        return Fraction(0)
    return maximum * min(max(gain(baseline, result, direction) / room, Fraction(0)), Fraction(1))


def change_points(result: Fraction, baseline: Fraction, cuts: Sequence[Cut], direction: str, measured_in: str) -> Fraction | None:
    """Points by how far the result moved to the better side: the difference, or that relative to the baseline; None relative to zero."""
    step = gain(baseline, result, direction)
    if measured_in == "relative":
        if baseline == 0:
            return None
        step /= abs(baseline)
    return on_ladder(step, cuts, "higher")


# --- both ----------------------------------------------------------------------------------------------------------------------------


def take(achievement: Fraction | None, improvement: Fraction | None, how: str, maximum: Fraction) -> Fraction | None:
    """Which points count: achievement, improvement, the better of both, or their sum up to the maximum.

    Where there is no improvement, because there is no own baseline, `better` and `sum` are achievement alone; None where nothing is left.
    """
    if how == "achievement":
        return achievement
    if how == "improvement":
        return improvement
    known = [points for points in (achievement, improvement) if points is not None]
    if not known:
        return None
    return max(known) if how == "better" else min(sum(known, Fraction(0)), maximum)


def is_topped_out(median: Fraction, at: Fraction, direction: str) -> bool:
    """Whether nearly everybody meets a proportion: its median lies at `at` or better, mirrored for lower-is-better measures."""
    return reaches(median, at if direction == "higher" else 1 - at, "inclusive", direction)


def rounded(value: Fraction, places: int) -> Fraction:
    """Half away from zero, as everywhere."""
    return Fraction(to_places(value, places))
