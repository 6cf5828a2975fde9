"""What is known of a measure for an entity and period: counts, values, or a reported figure; pooled over periods where rules say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from trueup.quality import rates
from trueup.quality.rates import Distribution
from trueup.quality.small_numbers import pooled_counts, pooled_distribution

Key = tuple[str, str, str]  # source, measure, period


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measure of one entity and period, or of several pooled: counts, the values of a mean, or a figure reported without counts."""

    denominator: int
    numerator: int | None = None
    values: Distribution | None = None
    value: Fraction | None = None

    def rate(self, statistic: str, trim: tuple[Fraction, Fraction] | None = None, percent: int | None = None) -> Fraction | None:
        """The result, or None where there is none."""
        found = self.result(statistic, trim, percent)
        return found.rate if found else None

    def result(self, statistic: str, trim: tuple[Fraction, Fraction] | None = None, percent: int | None = None) -> rates.Result | None:
        """The result with its untrimmed companion, or None: no unit, or no such mean."""
        if self.denominator <= 0:
            return None
        if self.values is not None and statistic != "proportion":
            return rates.result_of(self.values, statistic, trim, percent)
        if self.numerator is not None:
            rate = rates.proportion(self.numerator, self.denominator)
        elif self.value is not None:
            rate = self.value
        else:
            return None
        return rates.Result(rate, self.denominator, rate, self.denominator)


def pooled(parts: Iterable[Evidence]) -> Evidence | None:
    """Several periods as one: counts add up, values join, and reported figures weigh as many as their units."""
    found = [part for part in parts if part.denominator > 0]
    if not found:
        return None
    units = sum(part.denominator for part in found)
    if all(part.values is not None for part in found):
        return Evidence(units, values=pooled_distribution(part.values or {} for part in found))
    if all(part.numerator is not None for part in found):
        numerator, denominator = pooled_counts((part.numerator or 0, part.denominator) for part in found)
        return Evidence(denominator, numerator)
    figures = [(part.rate("proportion"), part.denominator) for part in found]
    if any(rate is None for rate, _ in figures):
        return None
    return Evidence(units, value=sum(((rate or Fraction(0)) * n for rate, n in figures), Fraction(0)) / units)


@dataclass
class Book:
    """All evidence of a run by source, measure, entity and period, and the fences of trimmed means by measure and period."""

    found: dict[Key, dict[str, Evidence]] = field(default_factory=dict[Key, dict[str, Evidence]])
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    _fences: dict[tuple[str, str, str, str], tuple[Fraction, Fraction] | None] = field(
        default_factory=dict[tuple[str, str, str, str], "tuple[Fraction, Fraction] | None"]
    )

    def add(self, source: str, measure: str, entity: str, period: str, evidence: Evidence) -> None:
        """Take in the evidence of one entity and period."""
        self.found.setdefault((source, measure, period), {})[entity] = evidence

    def of(self, source: str, measure: str, entity: str, period: str) -> Evidence | None:
        """The evidence of one entity and period."""
        return self.found.get((source, measure, period), {}).get(entity)

    def peers(self, source: str, measure: str, period: str, group: str) -> dict[str, Evidence]:
        """The evidence of every entity of a peer group, by entity."""
        everybody = self.found.get((source, measure, period), {})
        return {entity: everybody[entity] for entity in sorted(everybody) if self.group_of(entity) == group}

    def group_of(self, entity: str) -> str:
        """The peer group of an entity; one group of all where nothing says otherwise."""
        return self.groups.get(entity, "")

    def fences(self, source: str, measure: str, period: str, group: str, method: str) -> tuple[Fraction, Fraction] | None:
        """The fences of a trimmed mean, from all values of the peer group in the period together; None without values."""
        key = (source, measure, period, group)
        if key not in self._fences:
            together = pooled_distribution(e.values for e in self.peers(source, measure, period, group).values() if e.values)
            self._fences[key] = rates.fences(together, method) if together else None
        return self._fences[key]

    def entities(self, period: str) -> set[str]:
        """Whoever has evidence in a period."""
        return {entity for (_, _, p), members in self.found.items() if p == period for entity in members}
