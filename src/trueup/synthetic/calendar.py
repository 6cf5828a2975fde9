"""The calendar of the synthetic state: which days births are needed on, read from the programs' periods and windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic.draw import Ints

if TYPE_CHECKING:
    from trueup.rules.program import Period, Program

EPOCH = date(1970, 1, 1)
FULL, LIGHT = 10, 1  # weights of needed days and of days kept for realism
EDGE_DAYS = 45
DEFAULT_RUNOUT_DAYS = 90
ROLES = ("baseline", "performance")


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def to_date(day: int) -> date:
    return EPOCH + timedelta(days=day)


@dataclass(frozen=True)
class Gate:
    """A volume gate that some practices are made to fall just below, at and just above of. Days inclusive."""

    first: int
    last: int
    threshold: int


@dataclass(frozen=True)
class Calendar:
    """Day numbers since 1970-01-01; `weights[i]` belongs to day `first_birth + i`."""

    first_birth: int
    last_birth: int
    weights: Ints
    data_end: int  # nothing is known after this day
    gates: tuple[Gate, ...]
    merge_day: int | None  # one practice merges into another where participation is followed
    retax_day: int  # one practice changes its tax id
    first_year: int

    def month_counts(self, per_year: int) -> list[tuple[int, int, int]]:
        """(first day, last day, births) of each month: exact numbers, so that no period falls short by chance."""
        out: list[tuple[int, int, int]] = []
        day = self.first_birth
        while day <= self.last_birth:
            start = to_date(day)
            following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
            last = min(day_number(following) - 1, self.last_birth)
            weight = int(self.weights[day - self.first_birth : last - self.first_birth + 1].sum())
            out.append((day, last, (2 * per_year * weight + 365 * FULL) // (2 * 365 * FULL)))
            day = last + 1
        return out


def build_calendar(programs: list[Program]) -> Calendar:
    """Needed birth days of the programs with births. Raises `Refused` where a period's days are unknown.

    Programs with prices lead: one without takes what births there are, unless it is alone. Without any of them a few births remain.
    """
    births = [program for program in programs if program.kind == "maternity_episode"]
    births = [program for program in births if program.has("prices")] or births
    spans: list[tuple[int, int]] = []
    gates: list[Gate] = []
    ends: list[int] = []
    merges: list[int] = []
    retax = 0
    for program in births:
        after = int(program.get("episode.days_after"))
        by_end = program.known("episode.assign_by") and program.get("episode.assign_by") == "episode_end"
        runout = int(program.get("maturity.runout_days")) if program.known("maturity.runout_days") else DEFAULT_RUNOUT_DAYS
        periods = covered_periods(program)
        for period in periods:
            first, last = day_number(period.first_day), day_number(period.last_day)
            spans.append((first - (after + 5 if by_end else 0), last))
            ends.append(last + after + runout)
        gates += _gate(program)
        performance = sorted(day_number(p.first_day) for p in periods if p.role == "performance")
        base_end = max((day_number(p.last_day) for p in periods if p.role == "baseline"), default=performance[0])
        retax = max(retax, (base_end + performance[0]) // 2)
        if program.get("participation.required") is True and len(performance) > 1:
            merges.append(performance[1])
    if not births:
        return _few_births(programs)
    first = min(s[0] for s in spans) - EDGE_DAYS
    last = max(s[1] for s in spans) + EDGE_DAYS
    weights = np.full(last - first + 1, LIGHT, dtype=np.int64)
    for start, end in spans:
        weights[start - first : end - first + 1] = FULL
    return Calendar(first, last, weights, max(ends), tuple(gates), min(merges, default=None), retax, to_date(first).year)


def _few_births(programs: list[Program]) -> Calendar:
    """The calendar of a state whose programs ask for no birth: some are there all the same, in the last two years of what they ask for."""
    last = max(day_number(p.last_day) for program in programs for p in program.periods)
    first = last - 730
    weights = np.full(last - first + 1, LIGHT, dtype=np.int64)
    return Calendar(first, last, weights, last + 90 + DEFAULT_RUNOUT_DAYS, (), None, (first + last) // 2, to_date(first).year)


def covered_periods(program: Program) -> list[Period]:
    """The periods that the state must cover: baselines, and the two latest performance periods of a program that has run for many years."""
    performance = sorted((p for p in program.periods if p.role == "performance"), key=lambda p: p.first_day)[-2:]
    return [p for p in program.periods if p.role in ROLES and (p.role == "baseline" or p in performance)]


def _gate(program: Program) -> list[Gate]:
    paths = ("attribution.accountable.min_deliveries", "attribution.accountable.lookback")
    if not all(program.known(path) for path in paths):
        return []
    threshold, lookback = (program.get(path) for path in paths)
    if threshold is None:
        return []
    for period in program.periods:
        if period.id == lookback:
            return [Gate(day_number(period.first_day), day_number(period.last_day), int(threshold))]
    return []
