"""A loaded measure: what the rest of the program sees of a measure library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from trueup.errors import Place

Part = Literal["population", "exclusions", "exceptions", "numerator"]
PARTS: tuple[Part, ...] = ("population", "exclusions", "exceptions", "numerator")


@dataclass(frozen=True)
class Criterion:
    """One condition on a unit. `fact` compares an integer fact; `value_set` counts coded events.

    Days are relative to `from_date` and `to_date` of the unit; an open end is None. `group` names alternatives; alone, it is the
    criterion's own id.
    """

    id: str
    group: str
    fact: str | None = None
    operator: str | None = None
    value: int | None = None
    value_to: int | None = None
    value_set: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    first_day: int | None = None
    last_day: int | None = None
    at_least: int = 1
    distinct_days: bool = False
    claim_type: str | None = None
    setting: str | None = None
    principal: bool = False
    with_set: str | None = None
    without_set: str | None = None

    @property
    def sets(self) -> tuple[str, ...]:
        """The value sets it names."""
        return tuple(name for name in (self.value_set, self.with_set, self.without_set) if name)


@dataclass(frozen=True)
class MeasureVersion:
    """A measure in the measurement years `from_year` to `to_year`, both included; None is open."""

    from_year: int
    to_year: int | None
    cite: str
    population: tuple[Criterion, ...]
    exclusions: tuple[Criterion, ...]
    exceptions: tuple[Criterion, ...]
    numerator: tuple[Criterion, ...]

    def covers(self, year: int) -> bool:
        return self.from_year <= year and (self.to_year is None or year <= self.to_year)

    def criteria(self) -> tuple[tuple[Part, Criterion], ...]:
        """Every criterion with its part, in the order of the file."""
        parts = zip(PARTS, (self.population, self.exclusions, self.exceptions, self.numerator), strict=True)
        return tuple((part, criterion) for part, criteria in parts for criterion in criteria)


@dataclass(frozen=True)
class Measure:
    """One measure of a library. `fact` is the value of a mean; `trim_percent` is cut from each end for a trimmed mean.

    `digest` is the hash of the definition and of the codes it counts.
    """

    id: str
    title: str
    unit: str
    statistic: str
    direction: str
    fact: str | None
    trim_percent: int | None
    cannot_see: str
    versions: tuple[MeasureVersion, ...]
    digest: str = ""
    place: Place = field(compare=False, default=Place(""))

    def version(self, year: int) -> MeasureVersion | None:
        """The version of a measurement year, if there is one."""
        return next((v for v in self.versions if v.covers(year)), None)

    @property
    def sets(self) -> tuple[str, ...]:
        """The value sets that its versions name, each once, in order."""
        return tuple(dict.fromkeys(name for v in self.versions for _, c in v.criteria() for name in c.sets))
