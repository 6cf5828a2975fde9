"""Contracts of payers with practices: who is under which terms when, with the evidence, and the terms as the rules state them.

Nothing about a contract is inferred. A practice enters, or moves from one track to the other, by dated rows that say who decided it, when
and on what evidence; a contract without that is not settled. Two contracts of one practice with one payer never overlap, on whatever track.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import cast

from trueup.entity_grain import PeriodDays, RuleReader, decimal_text, number, word
from trueup.errors import CheckFailed, Refused

TERMS = "contracts.terms"
OWN = "own"
_EVIDENCE = ("decided_by", "decided_on", "evidence", "panel_size")


@dataclass(frozen=True, slots=True)
class Contract:
    """One row of `contracts`: in force from `effective_from` up to, not including, `effective_to`."""

    program: str
    contract_id: str
    payer: str
    entity_id: str
    track: str
    terms_id: str
    effective_from: date
    effective_to: date | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    evidence: str | None = None
    panel_size: int | None = None

    def touches(self, period: PeriodDays) -> bool:
        """Whether a day of the period is a day of the contract."""
        return self.effective_from <= period.last_day and (self.effective_to is None or self.effective_to > period.first_day)

    def unproven(self) -> tuple[str, ...]:
        """The parts of its evidence that are absent."""
        return tuple(name for name in _EVIDENCE if getattr(self, name) in (None, ""))


@dataclass(frozen=True, slots=True)
class Move:
    """A practice's step from one track to another with the same payer, as the rows record it."""

    entity_id: str
    payer: str
    from_track: str
    to_track: str
    moved_on: date
    decided_by: str | None
    decided_on: date | None
    evidence: str | None
    panel_size: int | None


@dataclass(frozen=True, slots=True)
class MeasureOfPayer:
    """A measure as one payer states it, where that is not the common set's form."""

    measure_id: str
    direction: str
    target: Decimal
    specification: str
    kind: str

    @property
    def is_common_form(self) -> bool:
        """Whether the specification is the common one, so that the scorecard's own rate can be held against the payer's target."""
        return self.kind == "restated" and self.specification == "common"


def require_apart(contracts: Iterable[Contract]) -> None:
    """Raise where the rows of `contracts` contradict each other.

    Raises:
        CheckFailed: TRU-S120 for two contracts of one practice and payer on the same day, TRU-S121 for an id that comes twice, TRU-S122 for
            a contract that ends before it begins.
    """
    rows = list(contracts)
    held: dict[tuple[str, str], list[Contract]] = defaultdict(list)
    ids: set[tuple[str, str]] = set()
    for row in rows:
        if (row.program, row.contract_id) in ids:
            raise CheckFailed("TRU-S121", f"contract {row.contract_id} comes twice.", next_step="Give each contract an id of its own.")
        ids.add((row.program, row.contract_id))
        if row.effective_to is not None and row.effective_to <= row.effective_from:
            message = f"contract {row.contract_id} ends on {row.effective_to}, not after it begins on {row.effective_from}."
            raise CheckFailed("TRU-S122", message, next_step="`effective_to` is the first day on which it is no longer in force.")
        held[row.entity_id, row.payer].append(row)
    for (entity_id, payer), spans in held.items():
        for one, other in pairwise(sorted(spans, key=lambda c: (c.effective_from, c.contract_id))):
            if one.effective_to is None or one.effective_to > other.effective_from:
                message = f"{entity_id} has the contracts {one.contract_id} and {other.contract_id} with {payer} on {other.effective_from}."
                raise CheckFailed("TRU-S120", message, next_step="End the first before the second begins; one payer pays one contract.")


def moves_of(contracts: Iterable[Contract]) -> list[Move]:
    """Every step from one track to another with the same payer, in order of day, entity and payer; from the rows alone."""
    held: dict[tuple[str, str], list[Contract]] = defaultdict(list)
    for row in contracts:
        held[row.entity_id, row.payer].append(row)
    found = [
        Move(b.entity_id, b.payer, a.track, b.track, b.effective_from, b.decided_by, b.decided_on, b.evidence, b.panel_size)
        for spans in held.values()
        for a, b in pairwise(sorted(spans, key=lambda c: c.effective_from))
        if a.track != b.track
    ]
    return sorted(found, key=lambda m: (m.moved_on, m.entity_id, m.payer))


# --- terms ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """The terms of one id that both tracks share. `weights` are in rule order and sum to one."""

    path: str
    weights: Mapping[str, Decimal]
    reweight: bool
    minimum_members: int
    downside: bool
    left_out: frozenset[str]
    own: tuple[MeasureOfPayer, ...]


def terms_of(rules: RuleReader, terms_id: str) -> Terms:
    """Read the shared terms.

    Raises:
        Refused: TRU-S123 where the rules have no terms of that id, TRU-S124 where the weights do not sum to one.
    """
    if terms_id not in rules.ids(TERMS):
        known = ", ".join(rules.ids(TERMS))
        raise Refused("TRU-S123", f"the rules have no terms `{terms_id}`.", next_step=f"Known: {known}.")
    path = f"{TERMS}.{terms_id}"
    return Terms(
        path,
        weights_of(rules, path),
        word(rules, f"{path}.missing_domain") == "reweight",
        int(number(rules, f"{path}.minimum_members")),
        bool(rules.get(f"{path}.downside")),
        frozenset(words_at(rules, f"{path}.left_out")),
        own_measures(rules, path),
    )


def weights_of(rules: RuleReader, path: str) -> dict[str, Decimal]:
    """Domain -> weight in rule order. Raises Refused (TRU-S124) where they do not sum to one."""
    weights = {domain: number(rules, f"{path}.domains.{domain}.weight") for domain in rules.ids(f"{path}.domains")}
    total = sum(weights.values(), Decimal(0))
    if total != 1:
        listed = ", ".join(f"{domain} {weight}" for domain, weight in weights.items())
        message = f"the weights of `{path}` sum to {total}, not to 1: {listed}."
        raise Refused("TRU-S124", message, next_step="Correct the weights; none is scaled to fit.")
    return weights


def own_measures(rules: RuleReader, path: str) -> tuple[MeasureOfPayer, ...]:
    """What the payer restates of the common set, then what it adds."""
    found: list[MeasureOfPayer] = []
    for kind in ("restated", "added"):
        for entry in words_at(rules, f"{path}.{kind}"):
            measure_id, direction, target, specification = (part.strip() for part in entry.split("|"))
            found.append(MeasureOfPayer(measure_id, direction, Decimal(target), specification, kind))
    return tuple(found)


def words_at(rules: RuleReader, path: str) -> list[str]:
    """A list of words."""
    return [str(item) for item in cast("list[object]", rules.get(path))]


# --- the scorecard as a contract reads it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlotScore:
    """What the scorecard says of one slot for one entity: `score` from 0 to 1, None where there are too few to score.

    `awaited` is a report that can still come: its deadline has not passed.
    """

    slot: str
    measure_id: str
    domain: str
    weight: Decimal
    score: Decimal | None
    rate: Decimal | None = None
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """A payer's own result of a measure, from `measure_submissions`."""

    measure_id: str
    rate: Fraction


@dataclass(frozen=True)
class Scorecard:
    """One entity's scorecard of a period. Contracts read it; nothing here is made from a contract."""

    entity_id: str
    slots: tuple[SlotScore, ...]

    @property
    def in_progress(self) -> bool:
        """Whether a report can still change it."""
        return any(s.awaited for s in self.slots)

    def domain(self, domain: str, without: frozenset[str] = frozenset()) -> Fraction | None:
        """The weighted mean score of a domain's slots that have one; None where none has. `without` are measures that are not read."""
        scored = [s for s in self.slots if s.domain == domain and s.score is not None and s.weight > 0 and s.measure_id not in without]
        weight = sum((Fraction(s.weight) for s in scored), Fraction(0))
        return sum((Fraction(s.weight) * Fraction(s.score or 0) for s in scored), Fraction(0)) / weight if weight else None

    def passed(self, measures: Iterable[str], pass_score: Decimal) -> int:
        """How many of the measures reach a score."""
        wanted = set(measures)
        return sum(1 for s in self.slots if s.measure_id in wanted and s.score is not None and s.score >= pass_score)


@dataclass(frozen=True)
class Score:
    """A contract's reading of the scorecard: the score of each domain (None: too few to score) and of all, None where it cannot be told."""

    domains: Mapping[str, Fraction | None]
    total: Fraction | None
    missing: tuple[str, ...]


def read_score(terms: Terms, card: Scorecard, reported: Mapping[str, Fraction]) -> Score:
    """Weigh the domains of a scorecard by a contract's terms.

    Args:
        terms: the weights, and how the payer's measures differ from the common set: what it leaves out or restates is not read.
        card: the entity's scorecard.
        reported: the payer's own results by measure, for the domain `own`.

    A domain of weight zero is not looked at. A missing domain makes the score missing, or its weight goes to the others, as the terms say.
    """
    without = terms.left_out | {m.measure_id for m in terms.own if m.kind == "restated"}
    found: dict[str, Fraction | None] = {}
    for domain, weight in terms.weights.items():
        if weight:
            found[domain] = _own_score(terms, card, reported) if domain == OWN else card.domain(domain, without)
    missing = tuple(domain for domain, score in found.items() if score is None)
    if missing and (not terms.reweight or len(missing) == len(found)):
        return Score(found, None, missing)
    weight = sum((Fraction(terms.weights[d]) for d, s in found.items() if s is not None), Fraction(0))
    total = sum((Fraction(terms.weights[d]) * s for d, s in found.items() if s is not None), Fraction(0))
    return Score(found, total / weight, missing)


def _own_score(terms: Terms, card: Scorecard, reported: Mapping[str, Fraction]) -> Fraction | None:
    """The share of the payer's own measures that reach their targets, of those with a result."""
    rates = {s.measure_id: Fraction(s.rate) for s in card.slots if s.rate is not None}
    reached: list[bool] = []
    for measure in terms.own:
        rate = rates.get(measure.measure_id) if measure.is_common_form else reported.get(measure.measure_id)
        if rate is not None:
            target = Fraction(measure.target)
            reached.append(rate >= target if measure.direction == "higher" else rate <= target)
    return Fraction(sum(reached), len(reached)) if reached else None


def score_text(score: Fraction | None) -> str:
    """A score as ladders print it."""
    return "too few to score" if score is None else decimal_text(score)
