"""A second program of the scorecard, one practice at a time in plain Python, from the words in docs/reference/quality.md.

It covers what the illustrative scorecard of ten slots uses: quartiles of the base year, a straight line from threshold to benchmark, the
better of achievement and improvement, reports that earn full credit, few cases left out, one rounding at the score. It imports nothing of
the package and computes with fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

MINIMUM_CASES, MINIMUM_PEERS, PLACES = 30, 5, 4
DEADLINE_DAYS, COMPLETE = 90, Fraction(95, 100)
LOW_SCORE = Fraction(1, 2)

Counts = dict[tuple[str, str], tuple[int, int]]  # (measure, practice) -> numerator, denominator


@dataclass(frozen=True)
class Report:
    """A practice's own report of a measure, received on a day."""

    practice: str
    measure: str
    numerator: int
    denominator: int
    expected: int
    received: date


@dataclass(frozen=True)
class Slot:
    """One place of the scorecard: which way is better is `lower` or not."""

    measure: str
    reporting: bool
    lower: bool = False


def quartile(values: list[Fraction], share: Fraction) -> Fraction:
    """Type 7, of values as they are ordered."""
    place = share * (len(values) - 1)
    below = place.numerator // place.denominator
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def line(base: Counts, slot: Slot) -> tuple[Fraction, Fraction] | None:
    """Threshold and benchmark of a measure: the lower and the upper quartile of the base year, from the worst practice to the best."""
    rates = [Fraction(n, d) for (m, _), (n, d) in base.items() if m == slot.measure and d >= MINIMUM_CASES]
    if len(rates) < MINIMUM_PEERS:
        return None
    ordered = sorted(rates, reverse=slot.lower)
    ends = quartile(ordered, Fraction(1, 4)), quartile(ordered, Fraction(3, 4))
    return None if ends[0] == ends[1] else ends


def part(start: Fraction, end: Fraction, at: Fraction) -> Fraction:
    """How far `at` lies on the way from start to end, from 0 to 1."""
    return min(max((at - start) / (end - start), Fraction(0)), Fraction(1))


def of_performance(slot: Slot, practice: str, year: Counts, base: Counts) -> Fraction | None:
    """The score of one measure, or None where it is left out."""
    met, cases = year.get((slot.measure, practice), (0, 0))
    ends = line(base, slot)
    if cases < MINIMUM_CASES or ends is None:
        return None
    threshold, benchmark = ends
    rate = Fraction(met, cases)
    score = part(threshold, benchmark, rate)
    met_before, cases_before = base.get((slot.measure, practice), (0, 0))
    if cases_before >= MINIMUM_CASES:
        before = Fraction(met_before, cases_before)
        room = before - benchmark if slot.lower else benchmark - before
        if room > 0:
            score = max(score, part(before, benchmark, rate))
    return score


def of_reporting(slot: Slot, practice: str, reports: list[Report], year_end: date) -> Fraction | None:
    """Full credit for a good report in time; nobody to report on leaves the measure out; else nothing."""
    mine = [r for r in reports if r.practice == practice and r.measure == slot.measure]
    for r in mine:
        in_time = r.received <= year_end + timedelta(days=DEADLINE_DAYS)
        complete = r.expected > 0 and Fraction(r.denominator, r.expected) >= COMPLETE
        if in_time and complete and 0 <= r.numerator <= r.denominator and r.denominator > 0:
            return Fraction(1)
    return None if any(r.denominator == 0 and r.expected == 0 for r in mine) else Fraction(0)


def scorecard(
    slots: list[Slot], practice: str, year: Counts, base: Counts, reports: list[Report], year_end: date
) -> tuple[str, Fraction | None]:
    """Status and score of a practice. All slots weigh the same."""
    performance = [of_performance(s, practice, year, base) for s in slots if not s.reporting]
    reporting = [of_reporting(s, practice, reports, year_end) for s in slots if s.reporting]
    if all(score is None for score in performance):
        return "too_few_to_score", None
    known = [score for score in (*performance, *reporting) if score is not None]
    exact = sum(known, Fraction(0)) / len(known)
    scaled = exact * 10**PLACES + Fraction(1, 2)
    score = Fraction(scaled.numerator // scaled.denominator, 10**PLACES)
    return ("plan_due" if score < LOW_SCORE else "scored"), score
