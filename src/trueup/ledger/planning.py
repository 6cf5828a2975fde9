"""From cumulative entitlements to differences: what is booked, what is stated, and what posting would write.

Pending lines count as booked, voided ones do not; otherwise a second post before the approval of the first would book the same money twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import Refused
from trueup.ledger.models import entries, lines
from trueup.ledger.obligations import Obligation, Proposal, digest
from trueup.ledger.results import Plan, PlanLine
from trueup.ledger.words import month_text
from trueup.money import format_cents

_FIELDS = ("program", "purpose", "entity_id", "period", "member_id", "cohort", "claim_id")


@dataclass(frozen=True, slots=True)
class Booked:
    """One obligation in the books: live cents, its last line of any status, and its last live line with the set that holds it."""

    obligation: Obligation
    cents: int
    tip_id: str
    live_id: str
    live_seq: int


def line_id(obligation_id: str, previous_line_id: str, entitled_cents: int) -> str:
    """The idempotency id of one intended payment."""
    return digest("line", obligation_id, previous_line_id, entitled_cents)


def plan(con: Connection, proposal: Proposal) -> Plan:
    """The differences between `proposal` and the books. Writes nothing.

    Raises Refused where an upside-only settlement would go below zero (TRU-L010), where the run knows less than what is booked
    (TRU-L011), or where the accounting month cannot be read (TRU-L007).
    """
    month_text(proposal.accounting_month)
    purposes = {e.obligation.purpose for e in proposal.entitlements} | set(proposal.complete_for)
    books = booked(con, proposal.program, purposes)
    found = tuple(sorted(_differences(proposal, books), key=lambda line: line.obligation.key))
    if found:
        _refuse_stale(con, proposal, found)
        if proposal.upside_only:
            _refuse_below_zero(books.values(), found)
    stated = {e.obligation.key for e in proposal.entitlements}
    touched = [b.live_seq for key, b in books.items() if b.live_id and (key in stated or b.obligation.purpose in proposal.complete_for)]
    return Plan(proposal.program, proposal.accounting_month, found, _ids(con, touched))


def booked(con: Connection, program: str, purposes: Iterable[str]) -> dict[tuple[str, ...], Booked]:
    """Every obligation of a program and purposes that was ever booked, by its key."""
    void = entries.alias("v")
    e = entries.alias("e")
    rows = con.execute(
        sa.select(
            *(lines.c[name] for name in _FIELDS), lines.c.line_id, lines.c.entry_seq, lines.c.delta_cents, void.c.seq.label("void_seq")
        )
        .join_from(lines, e, e.c.seq == lines.c.entry_seq)
        .outerjoin(void, (void.c.subject_id == e.c.entry_id) & (void.c.kind == "void"))
        .where(lines.c.program == program, lines.c.purpose.in_(sorted(purposes)))
        .order_by(lines.c.entry_seq)
    )
    found: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        state = found.setdefault(tuple(row[:7]), [0, "", "", 0])
        state[1] = row.line_id
        if row.void_seq is None:
            state[0] += row.delta_cents
            state[2], state[3] = row.line_id, row.entry_seq
    return {key: Booked(Obligation(*key), *state) for key, state in found.items()}


def _differences(proposal: Proposal, books: dict[tuple[str, ...], Booked]) -> Iterable[PlanLine]:
    stated: set[tuple[str, ...]] = {o.key for o in proposal.held}
    for e in proposal.entitlements:
        stated.add(e.obligation.key)
        yield from _difference(e.obligation, e.amount_cents, e.reason, e.rate_version, books.get(e.obligation.key))
    for key, known in books.items():
        if key not in stated and known.obligation.purpose in proposal.complete_for:
            yield from _difference(known.obligation, 0, "no_longer_entitled", "", known)


def _difference(obligation: Obligation, cents: int, reason: str, rate_version: str, known: Booked | None) -> Iterable[PlanLine]:
    was, tip, live = (known.cents, known.tip_id, known.live_id) if known else (0, "", "")
    if was != cents:
        yield PlanLine(obligation, was, cents, reason, rate_version, tip, live, line_id(obligation.id, tip, cents))


def _refuse_stale(con: Connection, proposal: Proposal, found: Iterable[PlanLine]) -> None:
    """A run made on older knowledge would undo what a later one corrected."""
    if not proposal.as_of:
        return
    void = entries.alias("v")
    e = entries.alias("e")
    purposes = sorted({line.obligation.purpose for line in found})
    later = con.execute(
        sa.select(e.c.as_of, e.c.source)
        .outerjoin_from(e, void, (void.c.subject_id == e.c.entry_id) & (void.c.kind == "void"))
        .where(e.c.kind == "posting_set", e.c.program == proposal.program, void.c.seq.is_(None))
        .where(e.c.as_of > proposal.as_of)
        .where(sa.exists().where(lines.c.entry_seq == e.c.seq, lines.c.purpose.in_(purposes)))
        .order_by(e.c.seq.desc())
        .limit(1)
    ).first()
    if later:
        raise Refused(
            "TRU-L011",
            f"Run {proposal.source} knows the facts as of {proposal.as_of}; run {later.source}, as of {later.as_of}, is booked already.",
            next_step="Run again as of a later day and post that run.",
        )


def _refuse_below_zero(books: Iterable[Booked], found: Iterable[PlanLine]) -> None:
    """I-17: what an upside-only settlement comes to in all, over the cohorts of an entity and period, is never below zero."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for known in books:
        if known.obligation.purpose == "shared_savings":
            totals[known.obligation.entity_id, known.obligation.period] += known.cents
    touched: set[tuple[str, str]] = set()
    for line in found:
        if line.obligation.purpose == "shared_savings":
            key = (line.obligation.entity_id, line.obligation.period)
            totals[key] += line.delta_cents
            touched.add(key)
    below = sorted(key for key in touched if totals[key] < 0)
    if below:
        entity_id, period = below[0]
        raise Refused(
            "TRU-L010",
            f"{len(below)} settlements of an upside-only program would be below zero in all: {entity_id}, {period}, comes to "
            f"{format_cents(totals[below[0]])}.",
            next_step="A true-up may take back what was paid, never more: settle again with the floor at zero.",
        )


def _ids(con: Connection, seqs: Iterable[int]) -> tuple[str, ...]:
    wanted = sorted(set(seqs))
    rows = con.execute(sa.select(entries.c.seq, entries.c.entry_id).where(entries.c.kind == "posting_set").order_by(entries.c.seq))
    known = {row.seq: row.entry_id for row in rows}
    return tuple(known[seq] for seq in wanted)
