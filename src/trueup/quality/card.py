"""A scorecard as the rules state it for one period: its slots with their terms, how they are scored, and what the score decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, cast

from trueup.entity_grain import PeriodDays, RuleReader, number, number_or_off, word
from trueup.quality.points import Bound
from trueup.quality.scorecard import Step
from trueup.quality.submissions import Terms

Anchor = Fraction | str


class Measured(Protocol):
    """The part of a measure that scoring needs."""

    @property
    def statistic(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def trim_percent(self) -> int | None: ...


class Rules(RuleReader, Protocol):
    """A loaded program with the measures its rules name."""

    @property
    def measures(self) -> Mapping[str, Measured]: ...


@dataclass(frozen=True, slots=True)
class CutRule:
    """A cut point before the peers' figures are known."""

    at: Anchor
    points: Fraction
    bound: Bound


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a period's scorecard. `path` is where its rules stand; `direction` is empty where nothing says it.

    A slot that scores a gap is better when lower; `gap_direction` is then the direction of the measure whose gap it is.
    """

    id: str
    path: str
    measure: str
    use: str
    source: str
    domain: str
    weight: Fraction
    direction: str
    statistic: str
    trim_percent: int | None
    threshold: Anchor | None
    benchmark: Anchor | None
    minimum_denominator: int
    cuts: tuple[CutRule, ...]
    stratum: str = ""
    figure: str = "rate"
    gap_direction: str = ""

    @property
    def is_share(self) -> bool:
        """Whether what it scores is held to figures that are shares: numbers of the rules, all from 0 to 1."""
        figures = [a for a in (self.threshold, self.benchmark, *(c.at for c in self.cuts)) if isinstance(a, Fraction)]
        return self.figure == "rate" and self.statistic == "proportion" and bool(figures) and all(0 <= f <= 1 for f in figures)

    @property
    def evidence(self) -> str:
        """Where the book keeps what this slot scores: under its source, or under the gap it is."""
        return self.source if self.figure == "rate" else f"{self.source}|{self.figure}|{self.stratum}"


@dataclass(frozen=True, slots=True)
class Scoring:
    """How results become points. Places of None mean that nothing is rounded there."""

    method: str
    take: str
    maximum: Fraction
    threshold_bound: str
    threshold_points: Fraction
    improvement_in: str
    improvement_cuts: tuple[CutRule, ...]
    decile_floor: Anchor | None
    rate_places: int | None
    points_places: int | None
    round_points_before: bool
    score_places: int
    topped_out_at: Fraction | None
    topped_out_maximum: Fraction


@dataclass(frozen=True, slots=True)
class Peers:
    """Whose results stand behind a figure."""

    minimum: int
    method: str
    deviation: str


@dataclass(frozen=True, slots=True)
class SmallNumbers:
    """What becomes of a measure with few units."""

    missing: str
    reweight: str
    minimum_measures: int
    pool_periods: int
    shrink_k: Fraction


@dataclass(frozen=True, slots=True)
class GateRule:
    """The gate that the score decides; `minimum` of None is off."""

    id: str
    minimum: Fraction | None
    operator: str
    multiplier: str
    ladder_on: str
    ladder: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A period's scorecard."""

    slots: tuple[Slot, ...]
    domains: Mapping[str, Fraction]
    baseline: str
    scoring: Scoring
    peers: Peers
    small: SmallNumbers
    gate: GateRule | None
    hold_below: Fraction | None

    def counting(self) -> list[Slot]:
        """The slots that make the score: all but those only tracked."""
        return [s for s in self.slots if s.use != "tracked"]


def card_of(rules: Rules, period: PeriodDays) -> Card:
    """The scorecard of a period. Raises Refused where a value is unknown; what a slot must have is checked when the rules are loaded."""
    slots = tuple(_slots(rules, period))
    domains = {d: _fraction(rules, f"quality.domains.{d}.weight") for d in _ids(rules, "quality.domains")}
    baseline = word(rules, "quality.baseline")
    return Card(slots, domains, baseline, _scoring(rules), _peers(rules), _small(rules), _gate(rules), _hold_below(rules))


def terms_of(rules: RuleReader) -> Terms:
    """The rules of submission."""
    base = "quality.submission"
    least = number_or_off(rules, f"{base}.minimum_completeness")
    days = int(number(rules, f"{base}.deadline_days"))
    return Terms(days, Fraction(least) if least is not None else None, word(rules, f"{base}.resubmission"))


def is_active(rules: RuleReader, path: str, period: PeriodDays) -> bool:
    """Whether a slot or set counts in the program year of a period; a period without a program year has every slot."""
    year = period.program_year
    if year is None:
        return True
    first = int(number(rules, f"{path}.from_program_year")) if rules.has(f"{path}.from_program_year") else year
    last = int(number(rules, f"{path}.to_program_year")) if rules.has(f"{path}.to_program_year") else year
    return first <= year <= last


def _slots(rules: Rules, period: PeriodDays) -> Iterator[Slot]:
    for item in _ids(rules, "quality.slots"):
        path = f"quality.slots.{item}"
        if is_active(rules, path, period):
            weight = _fraction(rules, f"{path}.weight") if rules.has(f"{path}.weight") else Fraction(0)
            yield _slot(rules, path, item, word(rules, f"{path}.measure"), weight)
    for item in _ids(rules, "quality.sets"):
        path = f"quality.sets.{item}"
        if not is_active(rules, path, period):
            continue
        for measure in cast("list[str]", rules.get(f"{path}.measures")):
            weight = Fraction(0) if word(rules, f"{path}.use") == "tracked" else Fraction(1)
            yield _slot(rules, path, f"{item}_{measure}", measure, weight)


def _slot(rules: Rules, path: str, slot_id: str, measure: str, weight: Fraction) -> Slot:
    known = rules.measures.get(measure)
    figure = _word_or(rules, f"{path}.figure", "rate")
    direction = _word_or(rules, f"{path}.direction", known.direction if known else "")
    least = f"{path}.minimum_denominator"
    return Slot(
        slot_id,
        path,
        measure,
        word(rules, f"{path}.use"),
        word(rules, f"{path}.source"),
        _word_or(rules, f"{path}.domain", ""),
        weight,
        direction if figure == "rate" else "lower",
        known.statistic if known else "proportion",
        known.trim_percent if known else None,
        _anchor(rules, f"{path}.threshold"),
        _anchor(rules, f"{path}.benchmark"),
        int(number(rules, least)) if rules.has(least) else 0,
        _cuts(rules, f"{path}.cut_points") or _cuts(rules, "quality.scoring.cut_points"),
        _word_or(rules, f"{path}.stratum", ""),
        figure,
        direction,
    )


def _scoring(rules: RuleReader) -> Scoring:
    base = "quality.scoring"
    topped = rules.has(f"{base}.topped_out")
    points = word(rules, f"{base}.round_points")
    maximum = _fraction(rules, f"{base}.maximum_points")
    return Scoring(
        word(rules, f"{base}.method"),
        word(rules, f"{base}.take"),
        maximum,
        word(rules, f"{base}.threshold_bound"),
        _fraction(rules, f"{base}.threshold_points") if rules.has(f"{base}.threshold_points") else Fraction(0),
        _word_or(rules, f"{base}.improvement_in", "difference"),
        _cuts(rules, f"{base}.improvement_points"),
        _anchor(rules, f"{base}.decile_floor"),
        int(number(rules, f"{base}.rate_places")) if word(rules, f"{base}.round_rates") == "before_comparison" else None,
        None if points == "off" else int(number(rules, f"{base}.points_places")),
        points == "before_weighting",
        int(number(rules, f"{base}.score_places")),
        _fraction(rules, f"{base}.topped_out.median_at") if topped else None,
        _fraction(rules, f"{base}.topped_out.maximum_points") if topped else maximum,
    )


def _peers(rules: RuleReader) -> Peers:
    base = "quality.peers"
    deviation = _word_or(rules, f"{base}.standard_deviation", "population")
    return Peers(int(number(rules, f"{base}.minimum_entities")), word(rules, f"{base}.percentile_method"), deviation)


def _small(rules: RuleReader) -> SmallNumbers:
    base = "quality.small_numbers"
    return SmallNumbers(
        word(rules, f"{base}.missing"),
        word(rules, f"{base}.reweight"),
        int(number(rules, f"{base}.minimum_measures")),
        int(number(rules, f"{base}.pool_periods")) if rules.has(f"{base}.pool_periods") else 1,
        _fraction(rules, f"{base}.shrink_k") if rules.has(f"{base}.shrink_k") else Fraction(0),
    )


def _gate(rules: RuleReader) -> GateRule | None:
    base = "quality.gate"
    if not rules.has(base):
        return None
    least = number_or_off(rules, f"{base}.minimum_score")
    ladder = tuple(
        Step(_fraction(rules, f"{path}.at"), _fraction(rules, f"{path}.multiplier"), cast("Bound", word(rules, f"{path}.bound")))
        for path in (f"{base}.ladder.{item}" for item in _ids(rules, f"{base}.ladder"))
    )
    return GateRule(
        word(rules, f"{base}.id"),
        Fraction(least) if least is not None else None,
        word(rules, f"{base}.operator"),
        word(rules, f"{base}.multiplier"),
        _word_or(rules, f"{base}.ladder_on", "score"),
        ladder,
    )


def _hold_below(rules: RuleReader) -> Fraction | None:
    """The score below which a settlement waits for an improvement plan; None where there is no such remedy."""
    base = "quality.low_score_remedy"
    if not rules.has(base) or word(rules, f"{base}.remedy") == "off":
        return None
    below = number_or_off(rules, f"{base}.below")
    return Fraction(below) if below is not None else None


def _cuts(rules: RuleReader, path: str) -> tuple[CutRule, ...]:
    found: list[CutRule] = []
    for item in _ids(rules, path):
        at = _anchor(rules, f"{path}.{item}.at")
        bound = cast("Bound", word(rules, f"{path}.{item}.bound"))
        found.append(CutRule(at if at is not None else Fraction(0), _fraction(rules, f"{path}.{item}.points"), bound))
    return tuple(found)


def _anchor(rules: RuleReader, path: str) -> Anchor | None:
    if not rules.has(path):
        return None
    value = rules.get(path)
    return Fraction(value) if isinstance(value, Decimal) else str(value)


def _fraction(rules: RuleReader, path: str) -> Fraction:
    return Fraction(number(rules, path))


def _word_or(rules: RuleReader, path: str, otherwise: str) -> str:
    return word(rules, path) if rules.has(path) else otherwise


def _ids(rules: RuleReader, path: str) -> list[str]:
    return rules.ids(path) if rules.has(path) else []
