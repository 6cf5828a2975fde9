"""Figures of the peers: median, mean, percentiles and the mean of the best tenth, over the results of all entities of a period.

Results run from the worst to the best in the measure's direction, so that `p90` and `top_decile_mean` are good for every measure. An entity
counts among the peers if its result rests on as many units as the slot asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from trueup.quality import rates
from trueup.quality.points import variance_of


@dataclass(frozen=True, slots=True)
class PeerResults:
    """The results of the peers with their units, in any order."""

    results: tuple[tuple[Fraction, int], ...]
    direction: str

    @property
    def ordered(self) -> list[Fraction]:
        """From the worst to the best."""
        return sorted((rate for rate, _ in self.results), reverse=self.direction == "lower")

    def figure(self, name: str, method: str) -> Fraction:
        """The figure of that name, each entity counting once: mean, median, worst, best, top_decile_mean, p1 to p99.

        Raises:
            ValueError: without any result, or for another name.
        """
        ordered = self.ordered
        if not ordered:
            raise ValueError("no peers")
        match name:
            case "mean":
                return sum(ordered, Fraction(0)) / len(ordered)
            case "median":
                return rates.percentile(ordered, Fraction(1, 2), "linear")
            case "worst":
                return ordered[0]
            case "best":
                return ordered[-1]
            case "top_decile_mean":
                return top_decile_mean(ordered)
            case _:
                return rates.percentile(ordered, Fraction(int(name.removeprefix("p")), 100), method)

    def variance(self, kind: str) -> Fraction | None:
        """The variance over entities, each counting once."""
        return variance_of([rate for rate, _ in self.results], kind)


def top_decile_mean(ordered: Sequence[Fraction]) -> Fraction:
    """The mean of the best tenth, at least one: the last ceil(n / 10) from the worst to the best."""
    best = ordered[-len(ordered) // 10 :]
    return sum(best, Fraction(0)) / len(best)
