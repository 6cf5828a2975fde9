"""What a challenge would do: the same pricing once more on the base without, or with, the disputed cases. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trueup.entity_grain import Participation, PeriodDays, RuleReader
from trueup.errors import Refused
from trueup.pricing.build import price
from trueup.pricing.challenge import Challenge, Evidence
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, InScope, Lag, PriceSetContent, PriceStep

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Book:
    """Everything `price` reads, so that it can be priced again with a case changed. Arguments as there."""

    rules: RuleReader
    episodes: tuple[BaseEpisode, ...]
    accountable: tuple[str, ...]
    stays: tuple[Participation, ...]
    period: PeriodDays
    case_rates: tuple[BaseCaseRate, ...] | None = None
    lag: Lag | None = None

    def price(self) -> PriceSetContent:
        """Price the book as it is."""
        return price(self.rules, self.episodes, self.accountable, self.stays, self.period, base_case_rates=self.case_rates, lag=self.lag)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price before and after, in cents; None where there is none."""

    entity_id: str
    price: str
    cohort: str
    before_cents: int | None
    after_cents: int | None

    @property
    def difference_cents(self) -> int:
        """After less before; a price that is not there counts as nothing."""
        return (self.after_cents or 0) - (self.before_cents or 0)


@dataclass(frozen=True)
class WhatIf:
    """The effect of a challenge: the challenger's prices of the disputed kind, everybody else's that move, and both ladders.

    Other entities move through the state's mean, line and complement; the challenger's other prices stand among `others`.
    """

    own: tuple[PriceChange, ...]
    others: tuple[PriceChange, ...]
    before: tuple[PriceStep, ...]
    after: tuple[PriceStep, ...]


def what_if(book: Book, challenge: Challenge) -> WhatIf:
    """Price the base as it is and as the challenge would have it, and compare.

    Raises:
        Refused: TRU-P049 where a case does not fit the base, or the base was completed; and whatever pricing refuses.
    """
    now, then = book.price(), with_evidence(book, challenge.evidence).price()
    changes = _compare(now, then)
    mine = (challenge.entity_id, challenge.price)
    return WhatIf(
        tuple(c for c in changes if (c.entity_id, c.price) == mine),
        tuple(c for c in changes if (c.entity_id, c.price) != mine and c.before_cents != c.after_cents),
        _ladder(now, mine),
        _ladder(then, mine),
    )


def _compare(now: PriceSetContent, then: PriceSetContent) -> list[PriceChange]:
    before: Mapping[Key, int] = {(p.entity_id, p.price, p.cohort): p.amount_cents for p in now.prices}
    after: Mapping[Key, int] = {(p.entity_id, p.price, p.cohort): p.amount_cents for p in then.prices}
    return [PriceChange(*key, before.get(key), after.get(key)) for key in sorted({*before, *after})]


def _ladder(content: PriceSetContent, of: tuple[str, str]) -> tuple[PriceStep, ...]:
    return tuple(step for step in content.price_steps if (step.entity_id, step.price) == of)


# --- the base with the evidence -------------------------------------------------------------------------------------------------------


def with_evidence(book: Book, evidence: Sequence[Evidence]) -> Book:
    """The book with every disputed case taken out or put in; the rows that remain are untouched.

    Raises:
        Refused: TRU-P049, see `what_if`.
    """
    if book.lag is not None:
        raise _misfit(
            0, "the base is completed, and a case cannot be taken out of claims by age", "Turn completion off for the comparison."
        )
    episodes = {e.episode_id: e for e in book.episodes if e.episode_id}
    if len(episodes) != len(book.episodes):
        raise _misfit(0, "base episodes have no ids of their own", "Give each base episode its id.")
    rows = {(r.entity_id, r.pregnancy_id): r for r in book.case_rates or ()}
    for position, one in enumerate(evidence, 1):
        if one.claim_id:
            _move_line(position, one, episodes, rows)
        else:
            _drop(position, one, episodes, rows)
    return replace(
        book,
        episodes=tuple(episodes.values()),
        case_rates=None if book.case_rates is None else tuple(rows.values()),
    )


def _drop(position: int, one: Evidence, episodes: dict[str, BaseEpisode], rows: dict[tuple[str, str], BaseCaseRate]) -> None:
    """Take out a whole episode, and the case-rate rows of its pregnancy."""
    if one.episode_id and episodes.pop(one.episode_id, None) is None:
        raise _misfit(position, "its episode is not in the base (or was taken out twice)")
    gone = [key for key in rows if one.pregnancy_id and key[1] == one.pregnancy_id]
    if one.pregnancy_id and not gone:
        raise _misfit(position, "its pregnancy is not in the base of case rates")
    for key in gone:
        del rows[key]


def _move_line(position: int, one: Evidence, episodes: dict[str, BaseEpisode], rows: dict[tuple[str, str], BaseCaseRate]) -> None:
    """Take a line out of its episode and case-rate row, or put it in."""
    cents = one.cents if one.change == "add" else -one.cents
    if one.episode_id:
        episode = episodes.get(one.episode_id)
        if episode is None:
            raise _misfit(position, "its episode is not in the base")
        if episode.total_cost_cents + cents < 0:
            raise _misfit(position, f"it takes more out of its episode than the {episode.total_cost_cents} cents there are")
        in_scope = _moved(position, episode.in_scope, one, cents) if one.covered_by else episode.in_scope
        episodes[one.episode_id] = replace(episode, total_cost_cents=episode.total_cost_cents + cents, in_scope=in_scope)
    if one.pregnancy_id:
        row = rows.get((one.covered_by, one.pregnancy_id))
        if row is None:
            raise _misfit(position, "its pregnancy is not in the base of case rates")
        lines = row.covered_lines + (1 if one.change == "add" else -1)
        moved = replace(row, months=row.months + one.months, covered_cents=row.covered_cents + cents, covered_lines=max(lines, 0))
        if moved.months < 0 or moved.covered_cents < 0 or (moved.covered_cents and not moved.months):
            raise _misfit(position, "it takes more months or dollars out of its pregnancy than there are")
        rows[one.covered_by, one.pregnancy_id] = moved


def _moved(position: int, parts: tuple[InScope, ...], one: Evidence, cents: int) -> tuple[InScope, ...]:
    """The in-scope parts of an episode with the part of the covering entity changed."""
    known = {part.entity_id: part for part in parts}
    old = known.get(one.covered_by, InScope(one.covered_by, 0, 0))
    new = replace(old, months=old.months + one.months, covered_cents=old.covered_cents + cents)
    if new.months < 0 or new.covered_cents < 0:
        raise _misfit(position, "it takes more months or dollars in scope out of its episode than there are")
    return tuple({**known, one.covered_by: new}.values())


def _misfit(position: int, why: str, step: str = "Compare the case with the lines of the base.") -> Refused:
    what = f"case {position} cannot be tried" if position else "the challenge cannot be tried"
    return Refused("TRU-P049", f"{what}: {why}.", next_step=step)
