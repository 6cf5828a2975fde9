"""Results by group, and the gap between groups: a difference and a ratio, only where both sides have enough people.

A group is compared with a reference: the best group, the largest, or everybody else together. Nothing here reaches a price: a gap is shown,
and where a scorecard says so it is a measure; race and ethnicity are never a factor of risk or price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from trueup.quality.points import gain

REST = "(everybody else)"


@dataclass(frozen=True, slots=True)
class Group:
    """Counts of one group."""

    numerator: int
    denominator: int

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.numerator, self.denominator) if self.denominator > 0 else None


@dataclass(frozen=True, slots=True)
class Gap:
    """One group beside its reference. Status: compared, reference, too_few, no_reference, or ratio_undefined (a reference rate of zero)."""

    value: str
    group: Group
    reference: str = ""
    reference_group: Group | None = None
    difference: Fraction | None = None
    ratio: Fraction | None = None
    status: str = "compared"


def gaps(groups: Mapping[str, Group], direction: str, minimum: int, reference: str) -> list[Gap]:
    """Every group of a stratum with its gap, in order of its name.

    Args:
        groups: counts by group.
        direction: which way is better; needed to find the best group.
        minimum: fewest people on either side of a gap.
        reference: best, largest or rest.
    """
    enough = {value: group for value, group in sorted(groups.items()) if group.denominator >= max(minimum, 1)}
    chosen = _reference(enough, direction, reference)
    return [_gap(value, groups, enough, chosen, minimum, reference) for value in sorted(groups)]


def _gap(value: str, groups: Mapping[str, Group], enough: Mapping[str, Group], chosen: str, minimum: int, reference: str) -> Gap:
    group = groups[value]
    if value not in enough:
        return Gap(value, group, status="too_few")
    if reference == "rest":
        others = [g for name, g in groups.items() if name != value]
        rest = Group(sum(g.numerator for g in others), sum(g.denominator for g in others))
        return compare(value, group, REST, rest) if rest.denominator >= max(minimum, 1) else Gap(value, group, status="no_reference")
    if value == chosen:
        return Gap(value, group, status="reference")
    return compare(value, group, chosen, enough[chosen]) if len(enough) > 1 else Gap(value, group, status="no_reference")


def compare(value: str, group: Group, name: str, reference: Group) -> Gap:
    """The gap of two groups: rate less the reference's rate, and rate over it."""
    rate, base = group.rate or Fraction(0), reference.rate or Fraction(0)
    ratio = rate / base if base else None
    return Gap(value, group, name, reference, rate - base, ratio, "compared" if base else "ratio_undefined")


def _reference(enough: Mapping[str, Group], direction: str, reference: str) -> str:
    """The group the others are compared with; ties go to the larger group, then to the earlier name."""
    if not enough:
        return ""
    if reference == "largest":
        return min(enough, key=lambda v: (-enough[v].denominator, v))
    sign = -1 if direction == "higher" else 1
    return min(enough, key=lambda v: (sign * (enough[v].rate or Fraction(0)), -enough[v].denominator, v))


def widest(groups: Mapping[str, Group], direction: str, minimum: int, figure: str) -> tuple[Fraction, int] | None:
    """The gap between the best and the worst group as one figure that is better when lower, with the smaller group's people.

    `gap_difference` is how far the worst rate lies on the worse side of the best; `gap_ratio` is the larger rate over the smaller. None
    where fewer than two groups have enough people, or the ratio has no divisor.
    """
    enough = [(g.rate or Fraction(0), g.denominator) for g in groups.values() if g.denominator >= max(minimum, 1)]
    if len(enough) < 2:
        return None
    low, high = min(enough), max(enough)
    units = min(low[1], high[1])
    if figure == "gap_difference":
        best, worst = (high, low) if direction == "higher" else (low, high)
        return gain(worst[0], best[0], direction), units
    return (high[0] / low[0], units) if low[0] else None
