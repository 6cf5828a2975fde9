"""Panels row by row in plain Python, from the words of the rules: attribution, months, the cut, groups, and the pools to the cent.

It imports nothing of the package. Money is integer cents, shares are fractions.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

Row = dict[str, Any]


class Visit(NamedTuple):
    """One primary-care line: who, with whom, billed under which group, when, for how many cents."""

    member: str
    npi: str
    group: str
    day: date
    cents: int


class Candidate(NamedTuple):
    """A provider of a member, or a group of a provider: days of visits, the latest of them, and their cents."""

    name: str
    visits: int
    latest: date
    cents: int


# --- attribution ---------------------------------------------------------------------------------------------------------------------


def look_back(first_day: date, last_day: date, months: int, ends: str) -> tuple[date, date]:
    """Both days of the look-back: so many calendar months that end with the period, or on the day before it."""
    end = last_day if ends == "period_end" else date.fromordinal(first_day.toordinal() - 1)
    number = end.year * 12 + end.month - months
    return date(number // 12, number % 12 + 1, 1), end


def best(candidates: list[Candidate], ties: tuple[str, ...]) -> tuple[Candidate, str]:
    """The winner, and the rule that decided between it and the next."""
    left, rule = list(candidates), "only_provider"
    if len(left) == 1:
        return left[0], rule
    for rule, value in (("most_visits", lambda c: c.visits), *((t, _value(t)) for t in ties)):
        if rule == "smallest_id":
            return min(left, key=lambda c: c.name), rule
        top = max(value(c) for c in left)
        kept = [c for c in left if value(c) == top]
        if len(kept) == 1:
            # The rule that is named is the one that parts the winner from the second, which may have been left behind earlier.
            return kept[0], rule
        left = kept
    raise AssertionError("ties end with the smallest id")


def _value(tie: str) -> Any:
    return {"latest_visit": lambda c: c.latest, "dollars": lambda c: c.cents, "smallest_id": None}[tie]


def providers_of(visits: list[Visit], member: str) -> list[Candidate]:
    """Visits are days: all lines of a day with one provider are one visit."""
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for v in visits:
        if v.member == member:
            found[v.npi][v.day] += v.cents
    return [Candidate(npi, len(days), max(days), sum(days.values())) for npi, days in found.items()]


def groups_of(visits: list[Visit], npi: str) -> list[Candidate]:
    """A provider's visits under each group: days of a member."""
    found: dict[str, dict[tuple[str, date], int]] = defaultdict(lambda: defaultdict(int))
    for v in visits:
        if v.npi == npi:
            found[v.group][v.member, v.day] += v.cents
    return [Candidate(group, len(days), max(day for _, day in days), sum(days.values())) for group, days in found.items()]


def attribute(visits: list[Visit], members: list[str], window: tuple[date, date], ties: tuple[str, ...]) -> dict[str, tuple[str, str, str]]:
    """Member -> (provider, group, deciding rule); a member without a visit is not in it."""
    inside = [v for v in visits if window[0] <= v.day <= window[1]]
    found: dict[str, tuple[str, str, str]] = {}
    for member in members:
        candidates = providers_of(inside, member)
        if candidates:
            winner, _ = best(candidates, ties)
            found[member] = (winner.name, best(groups_of(inside, winner.name), ties)[0].name, decided(candidates, winner, ties))
    return found


def decided(candidates: list[Candidate], winner: Candidate, ties: tuple[str, ...]) -> str:
    """The first rule by which the winner beats the best of the others."""
    others = [c for c in candidates if c.name != winner.name]
    if not others:
        return "only_provider"
    second = best(others, ties)[0]
    if winner.visits > second.visits:
        return "most_visits"
    for tie in ties:
        if tie == "latest_visit" and winner.latest > second.latest:
            return tie
        if tie == "dollars" and winner.cents > second.cents:
            return tie
    return "smallest_id"


# --- months and costs ------------------------------------------------------------------------------------------------------------------


def payer_on(spans: list[Row], member: str, day: date) -> str | None:
    """The payer in force on a day; of several the first by name."""
    names = [s["payer"] for s in spans if s["member_id"] == member and s["enrollment_start_date"] <= day <= s["enrollment_end_date"]]
    return min(names, default=None)


def months_of(spans: list[Row], members: list[str], first: date, last: date, counted: str) -> dict[tuple[str, int], str]:
    """(member, month number) -> payer, for the months of a period."""
    found: dict[tuple[str, int], str] = {}
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = number // 12, number % 12 + 1
        day = date(year, month, 1 if counted == "first_day" else monthrange(year, month)[1])
        for member in members:
            payer = payer_on(spans, member, day)
            if payer is not None:
                found[member, number] = payer
    return found


def contract_on(contracts: list[Row], group: str, payer: str, number: int) -> str:
    """The contract in force on the first day of a month; empty without one."""
    day = date(number // 12, number % 12 + 1, 1)
    for c in contracts:
        ends = c.get("effective_to")
        if c["entity_id"] == group and c["payer"] == payer and c["effective_from"] <= day and (ends is None or day < ends):
            return str(c["contract_id"])
    return ""


def rank_line(costs: list[int], share: Fraction, rule: str) -> int:
    """A percentile by a named rank rule: the k-th smallest, k = ceil(p × n), or ceil(p × (n − 1)) + 1."""
    ordered, n = sorted(costs), len(costs)
    k = -(-share * n // 1) if rule == "nearest_rank" else -(-share * (n - 1) // 1) + 1
    return ordered[max(int(k), 1) - 1]


def truncated(pieces: list[int], line: int | None) -> list[int]:
    """A member's costs in order of months, cut so that their sum stays at the line."""
    kept: list[int] = []
    for n in range(len(pieces)):
        upto, before = sum(pieces[: n + 1]), sum(pieces[:n])
        kept.append(upto - before if line is None else min(upto, line) - min(before, line))
    return kept


# --- money -----------------------------------------------------------------------------------------------------------------------------


def cents(value: Fraction) -> int:
    """Half away from zero."""
    return int(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)


def split(pool: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder, one cent after the other; equals to the smaller name. Nothing where no weight is above zero."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    exact = {name: pool * w / total for name, w in weights.items()}
    parts = {name: int(value) for name, value in exact.items()}
    while sum(parts.values()) < pool:
        name = min(parts, key=lambda n: (parts[n] - exact[n] if parts[n] <= exact[n] else 2, n))
        parts[name] += 1
    return parts


def challenge(rows: list[Row], share: Fraction, cap: Fraction, minimum: Fraction) -> tuple[dict[str, int], dict[str, int], int]:
    """Individual cents, challenge cents, undistributed cents, from rows of expected, actual, quality, members and passed."""
    individual: dict[str, int] = {}
    left = 0
    for row in rows:
        savings = row["expected"] - row["actual"]
        counted = savings if savings > 0 and savings >= minimum * row["expected"] else 0
        base = share * min(Fraction(counted), cap * row["expected"])
        individual[row["id"]] = cents(base * row["quality"])
        left += cents(base) - individual[row["id"]]
    weights = {row["id"]: Fraction(row["members"] * row["passed"]) for row in rows}
    parts = split(left, weights)
    return individual, parts, left - sum(parts.values())
