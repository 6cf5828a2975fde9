"""A pool split by points, worked out once more from docs/reference/points.md. Imports nothing of the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


@dataclass
class Terms:
    """The rules. Rates, points and caps are fractions; `off` is None."""

    pool: int
    points: dict[str, Fraction]
    submitted: set[str]
    minimum: int = 1
    strictly: bool = False
    case_cap: Fraction | None = None
    payment_cap: Fraction | None = None
    redistributed: bool = True
    must_join: bool = False
    held_limit: int = 0


@dataclass
class Answer:
    """Cents by entity with status, entities refused, cents left in the pool, points by entity."""

    amounts: dict[str, tuple[int, str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    left: int = 0
    points: dict[str, Fraction] = field(default_factory=dict)


def inside(day: date, stays: list[Row]) -> bool:
    return any(s["from"] <= day and (s["to"] is None or day < s["to"]) for s in stays)


def why_not(case: Row, terms: Terms, here: dict[str, list[Row]], elsewhere: dict[str, list[Row]]) -> str | None:
    if case["excluded"]:
        return "excluded"
    if case["entity"] is None:
        return "unattributed"
    if not case["accountable"]:
        return "not_accountable"
    if inside(case["day"], elsewhere.get(case["entity"], [])):
        return "in_bundle"
    if terms.must_join and not inside(case["day"], here.get(case["entity"], [])):
        return "not_participating"
    return None


def points_of(case: Row, terms: Terms) -> Fraction:
    earned = sum((p for slot, p in terms.points.items() if slot not in terms.submitted and slot in case["met"]), Fraction(0))
    return earned if terms.case_cap is None else min(earned, terms.case_cap)


def split(cents: int, weights: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder; ties go to the smaller id."""
    total = sum(weights.values())
    exact = {e: Fraction(cents) * w / total for e, w in weights.items()}
    parts = {e: x.numerator // x.denominator for e, x in exact.items()}
    spare = cents - sum(parts.values())
    for entity in sorted(weights, key=lambda e: (-(exact[e] - parts[e]), e))[:spare]:
        parts[entity] += 1
    return parts


def share(terms: Terms, weights: dict[str, Fraction]) -> dict[str, int]:
    paid = dict.fromkeys(weights, 0)
    cap = None if terms.payment_cap is None else (terms.pool * terms.payment_cap).numerator // (terms.pool * terms.payment_cap).denominator
    open_to = {e: w for e, w in weights.items() if w > 0}
    left = terms.pool
    while open_to:
        parts = split(left, open_to)
        above = {e for e, part in parts.items() if cap is not None and part > cap}
        if above and terms.redistributed:
            for entity in above:
                paid[entity] = cap or 0
                left -= cap or 0
                del open_to[entity]
            continue
        paid.update({e: part if cap is None else min(part, cap) for e, part in parts.items()})
        break
    return paid


def settle(
    terms: Terms, cases: list[Row], reports: dict[tuple[str, str], int], here: dict[str, list[Row]], elsewhere: dict[str, list[Row]],
    first: date, last: date,
) -> Answer:  # fmt: skip
    """`cases`: entity, accountable, day, excluded, met (slots), held (cents). `reports`: (entity, slot) -> cases reported as met."""
    answer = Answer()
    owners = sorted({c["entity"] for c in cases if c["entity"] is not None and c["accountable"]})
    counted = dict.fromkeys(owners, 0)
    earned = {e: Fraction(0) for e in owners}
    outside = dict.fromkeys(owners, 0)
    held = dict.fromkeys(owners, 0)
    for case in cases:
        if case["entity"] is None or not case["accountable"]:
            continue
        held[case["entity"]] += case["held"]
        reason = why_not(case, terms, here, elsewhere)
        outside[case["entity"]] += reason == "not_participating"
        if reason is None:
            counted[case["entity"]] += 1
            earned[case["entity"]] += points_of(case, terms)
    for (entity, slot), reported in reports.items():
        if entity in counted:
            earned[entity] += terms.points[slot] * min(reported, counted[entity])
    for entity in owners:
        touched = any(s["from"] <= last and (s["to"] is None or (s["to"] > first and s["to"] > s["from"])) for s in here.get(entity, []))
        if terms.must_join and counted[entity] == 0 and outside[entity] and not touched:
            answer.refused.add(entity)
    sharing = [e for e in owners if e not in answer.refused]
    enough = {e: counted[e] > 0 and (counted[e] > terms.minimum if terms.strictly else counted[e] >= terms.minimum) for e in sharing}
    weights = {e: earned[e] if enough[e] else Fraction(0) for e in sharing}
    paid = share(terms, weights)
    waits = any(held[e] > terms.held_limit for e in sharing)
    answer.left = terms.pool - (0 if waits else sum(paid.values()))
    answer.points = earned
    for entity in sharing:
        amount = 0 if waits else paid[entity]
        answer.amounts[entity] = (amount, "held" if waits else "payable" if amount else "zero")
    return answer
