"""What open disputes hold: bookings that stay as they are until the decision, money that is neither paid nor recouped until the end.

A rule holds nothing unless it says so (`holds_payment`). Held are the settlement of the disputed entity and period, of the cohort if one is
named, and with it the whole amount of a posting set for that entity, because amounts are paid and recouped whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import Refused
from trueup.ledger.dispute_cases import PURPOSE, Dispute, load
from trueup.ledger.models import entries, lines, parts, postings
from trueup.ledger.obligations import Obligation, Proposal
from trueup.ledger.planning import booked

Held = Mapping[tuple[str, str], str]  # (posting set, entity) -> dispute


def hold(con: Connection, proposal: Proposal) -> tuple[Proposal, tuple[Obligation, ...]]:
    """`proposal` with everything that an undecided dispute holds moved to `held`, and what was moved.

    The request of such a proposal is another one: when the dispute is decided, the same run posts what it held back.
    """
    holding = [d for d in load(con, program=proposal.program) if d.holds_posting]
    if not holding:
        return proposal, ()
    known = set(proposal.held)
    stated = dict.fromkeys(e.obligation for e in proposal.entitlements)
    if PURPOSE in proposal.complete_for:  # what is not listed would be taken to zero
        stated |= dict.fromkeys(b.obligation for b in booked(con, proposal.program, {PURPOSE}).values())
    moved = tuple(o for o in stated if o not in known and any(d.covers(o) for d in holding))
    gone = set(moved)
    kept = tuple(e for e in proposal.entitlements if e.obligation not in gone)
    return replace(proposal, entitlements=kept, held=(*proposal.held, *moved)), moved


def held_sets(con: Connection, program: str) -> Held:
    """The (posting set, entity) amounts of a program that disputes hold, each with a dispute: not paid, not recouped."""
    return _sets(con, program, [d for d in load(con, program=program) if d.holds_money])


def _sets(con: Connection, program: str, holding: list[Dispute]) -> dict[tuple[str, str], str]:
    if not holding:
        return {}
    rows = con.execute(
        sa.select(entries.c.entry_id, lines.c.entity_id, lines.c.period, lines.c.cohort)
        .join_from(lines, entries, entries.c.seq == lines.c.entry_seq)
        .where(lines.c.program == program, lines.c.purpose == PURPOSE)
        .where(lines.c.entity_id.in_(sorted({d.claim.entity_id for d in holding})))
        .distinct()
        .order_by(entries.c.entry_id, lines.c.entity_id, lines.c.period, lines.c.cohort)
    )
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        for one in holding:
            if one.covers_part(PURPOSE, row.entity_id, row.period, row.cohort):
                found.setdefault((row.entry_id, row.entity_id), one.dispute_id)
    return found


def refuse_recoupment(con: Connection, program: str, posting_id: str, entity_id: str) -> None:
    """Raises Refused (TRU-L077) where what an entity owes from a set is held."""
    held = held_sets(con, program).get((posting_id, entity_id))
    if held:
        raise Refused(
            "TRU-L077",
            f"What {entity_id} owes from {posting_id} is disputed as {held}: it is not recouped meanwhile.",
            next_step="Nothing was recorded. Recoup it when the dispute has ended.",
        )


def refuse_held(con: Connection, row: Row[Any]) -> None:
    """Raises Refused (TRU-L078) where approving a proposed entry would move money or change bookings that a dispute holds by now.

    `row` is one of `standing.find`'s form.
    """
    disputes = load(con, program=row.program)
    if row.kind == "posting_set":
        holding = [d for d in disputes if d.holds_posting]
        held = next((held for (posting_id, _), held in _sets(con, row.program, holding).items() if posting_id == row.entry_id), "")
    elif row.kind in ("remittance", "offset"):
        money = _sets(con, row.program, [d for d in disputes if d.holds_money])
        held = next((money[drawn] for drawn in _drawn(con, row) if drawn in money), "") if money else ""
    else:
        return
    if held:
        raise Refused(
            "TRU-L078",
            f"{row.kind} {row.entry_id} moves what dispute {held} holds since it was proposed.",
            next_step=f"Nothing was approved. Void it and propose it again: that leaves out what is held. Or decide {held} first.",
        )


def _drawn(con: Connection, row: Row[Any]) -> list[tuple[str, str]]:
    """The (posting set, entity) amounts that a remittance pays, and those that it or an offset recoups."""
    paid = con.execute(
        sa.select(entries.c.entry_id, parts.c.entity_id)
        .join_from(parts, entries, entries.c.seq == parts.c.paid_seq)
        .where(parts.c.entry_seq == row.seq)
        .order_by(parts.c.part_no)
    )
    mine = sa.select(postings.c.receivable_id).where(postings.c.entry_seq == row.seq, postings.c.receivable_id != "")
    made = con.execute(
        sa.select(entries.c.entry_id)
        .join_from(postings, entries, entries.c.seq == postings.c.entry_seq)
        .where(entries.c.kind == "posting_set", postings.c.receivable_id.in_(mine))
        .order_by(entries.c.seq)
    )
    return [*((r.entry_id, r.entity_id) for r in paid), *((r.entry_id, row.entity_id) for r in made)]
