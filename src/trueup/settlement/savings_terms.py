"""The terms of mechanism `entity_savings`, read from the rules: size table, tracks, years, and what changes a result.

All rates are shares of one. Terms are read per track and year: a value that is unknown raises `Refused` (TRU-R014) where a result needs it,
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from trueup.entity_grain import RuleReader, number, word
from trueup.settlement.minimum_savings import Bracket

TRACKS, YEARS, MINIMUM = "settlement.tracks", "settlement.years", "settlement.minimum_savings"
LOW_REVENUE = "settlement.low_revenue"


@dataclass(frozen=True, slots=True)
class LossTerms:
    """How a track's losses are shared. `fixed_rate` is None where the rate is 1 − sharing rate × quality, between floor and ceiling."""

    fixed_rate: Decimal | None
    floor: Decimal
    ceiling: Decimal


@dataclass(frozen=True, slots=True)
class LimitTerms:
    """A track's loss limits: shares of the benchmark by year of the agreement (0: every year), and of the participants' revenue.

    `without_revenue` is `hold` or `benchmark`: what happens where the revenue is not given.
    """

    benchmark: tuple[tuple[int, Decimal], ...]
    revenue: Decimal | None
    without_revenue: str | None


@dataclass(frozen=True, slots=True)
class Track:
    """One track: its path in the rules, its years, whether its minimum savings rate is the table's or chosen, and whether losses count."""

    id: str
    path: str
    names: tuple[str, ...]
    from_year: int
    to_year: int | None
    minimum: str
    downside: bool
    half_rate: bool


@dataclass(frozen=True, slots=True)
class LowRevenue:
    """Which low-revenue entities share part of savings below the minimum: share, least members, first agreement start."""

    share: Decimal
    minimum_members: int
    agreements_from: date


def brackets_of(rules: RuleReader) -> list[Bracket]:
    """The size table in rule order."""
    found: list[Bracket] = []
    for item in rules.ids(f"{MINIMUM}.brackets"):
        path = f"{MINIMUM}.brackets.{item}"
        last = rules.get(f"{path}.to_members")
        found.append(
            Bracket(
                item,
                int(number(rules, f"{path}.from_members")),
                None if last is None else int(number(rules, f"{path}.to_members")),
                number(rules, f"{path}.rate_from"),
                number(rules, f"{path}.rate_to"),
            )
        )
    return found


def choices_of(rules: RuleReader) -> list[Decimal]:
    """The minimum savings rates that an entity with downside may choose beside the table's."""
    return [Decimal(rate) for rate in cast("list[Decimal]", rules.get(f"{MINIMUM}.choices"))]


def tracks_of(rules: RuleReader) -> list[Track]:
    """Every track, without its rates."""
    found: list[Track] = []
    for item in rules.ids(TRACKS):
        path = f"{TRACKS}.{item}"
        last = rules.get(f"{path}.to_year")
        found.append(
            Track(
                item,
                path,
                tuple(str(name) for name in cast("list[object]", rules.get(f"{path}.names"))),
                int(number(rules, f"{path}.from_year")),
                None if last is None else int(number(rules, f"{path}.to_year")),
                word(rules, f"{path}.minimum_savings"),
                bool(rules.get(f"{path}.downside")),
                bool(rules.get(f"{path}.half_rate_below_minimum")),
            )
        )
    return found


def named(tracks: Sequence[Track], text: str) -> Track | None:
    """The track of that id or name, whatever its case."""
    wanted = text.strip().casefold()
    return next((t for t in tracks if wanted in (t.id.casefold(), *(name.casefold() for name in t.names))), None)


def loss_terms(rules: RuleReader, track: Track) -> LossTerms:
    """How losses of a track with downside are shared."""
    base = f"{track.path}.losses"
    fixed = number(rules, f"{base}.fixed_rate") if word(rules, f"{base}.rate") == "fixed" else None
    floor, ceiling = (number(rules, f"{base}.{end}") if fixed is None else fixed for end in ("floor", "ceiling"))
    return LossTerms(fixed, floor, ceiling)


def limit_terms(rules: RuleReader, track: Track) -> LimitTerms:
    """The loss limits of a track with downside."""
    base = f"{track.path}.loss_limits"
    shares = tuple(
        (int(number(rules, f"{base}.benchmark.{i}.agreement_year")), number(rules, f"{base}.benchmark.{i}.rate"))
        for i in rules.ids(f"{base}.benchmark")
    )
    if not rules.has(f"{base}.revenue_rate"):
        return LimitTerms(shares, None, None)
    return LimitTerms(shares, number(rules, f"{base}.revenue_rate"), word(rules, f"{base}.without_revenue"))


def low_revenue_terms(rules: RuleReader) -> LowRevenue:
    """The terms of the part that low-revenue entities share below the minimum."""
    return LowRevenue(
        number(rules, f"{LOW_REVENUE}.share"),
        int(number(rules, f"{LOW_REVENUE}.minimum_members")),
        cast(date, rules.get(f"{LOW_REVENUE}.agreements_from")),
    )
