"""The second person: approving what was proposed, or voiding it while it waits. Decisions are entries of their own; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import Refused
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import PROPOSED
from trueup.ledger.dispute_holds import refuse_held
from trueup.ledger.models import lines
from trueup.ledger.obligations import Actor, digest
from trueup.ledger.results import Recorded
from trueup.ledger.standing import IS_PENDING, E, find, standing, status_of
from trueup.ledger.words import header, reason_text


def approve(con: Connection, entry_ids: Sequence[str], approver: Actor, recorded_at: datetime) -> list[Recorded]:
    """Approve proposed entries, all or none. Approving again by the same person changes nothing.

    Raises Refused for an unknown entry (TRU-L015), its maker (TRU-L014), an entry that somebody else approved or that was voided
    (TRU-L016), one that builds on an earlier set that still waits (TRU-L020), or one that moves what a dispute holds (TRU-L078).
    """
    return [_approve(con, find(con, entry_id), approver, recorded_at) for entry_id in entry_ids]


def _approve(con: Connection, row: Row[Any], approver: Actor, recorded_at: datetime) -> Recorded:
    _refuse_undecidable(row)
    if row.approver is not None and Actor(row.approver).key == approver.key:
        return Recorded(digest("approval", row.entry_id), "approval", is_new=False)
    if status_of(row) != "pending":
        raise _decided(row)
    if row.actor_key == approver.key:
        raise Refused(
            "TRU-L014",
            f"{approver.name} made {row.kind} {row.entry_id} and cannot approve it.",
            next_step="Ask another person to approve it.",
        )
    if row.kind == "posting_set" and (earlier := _pending_kin(con, row.seq, before=True)):
        raise Refused(
            "TRU-L020",
            f"posting set {row.entry_id} builds on {earlier}, which still waits for approval.",
            next_step=f"Approve {earlier} first; or void both, the later one first.",
        )
    refuse_held(con, row)
    return _decide(con, "approval", row, approver, recorded_at, "")


def void(con: Connection, entry_id: str, actor: Actor, reason: str, recorded_at: datetime) -> Recorded:
    """Void an entry that still waits for approval; its maker may. Voiding again by the same person changes nothing.

    Raises Refused without a reason (TRU-L009), for an unknown entry (TRU-L015), one that is decided (TRU-L016), or one that a later set
    builds on (TRU-L021).
    """
    row = find(con, entry_id)
    _refuse_undecidable(row)
    reason_text(reason, f"Voiding {row.entry_id}")
    if row.voider is not None and Actor(row.voider).key == actor.key:
        return Recorded(digest("void", row.entry_id), "void", is_new=False)
    if status_of(row) != "pending":
        raise _decided(row)
    if row.kind == "posting_set" and (later := _pending_kin(con, row.seq, before=False)):
        raise Refused("TRU-L021", f"posting set {later} builds on {entry_id}.", next_step=f"Void {later} first.")
    return _decide(con, "void", row, actor, recorded_at, reason)


def _decide(con: Connection, kind: str, row: Row[Any], actor: Actor, recorded_at: datetime, reason: str) -> Recorded:
    entry_id = digest(kind, row.entry_id)
    day = date.fromisoformat(row.accounting_date)
    about = {"program": row.program, "entity_id": row.entity_id, "subject_id": row.entry_id, "reason": reason}
    append(con, [Draft(header(kind, entry_id, actor, recorded_at, day=day, attempt=(row.entry_id,), **about))])
    return Recorded(entry_id, kind, is_new=True)


def _refuse_undecidable(row: Row[Any]) -> None:
    if row.kind not in PROPOSED:
        raise Refused(
            "TRU-L016", f"{row.entry_id} is a {row.kind}: it takes no decision.", next_step="Name an entry that waits for approval."
        )


def _decided(row: Row[Any]) -> Refused:
    what, who = ("voided", row.voider) if row.voider is not None else ("approved", row.approver)
    return Refused("TRU-L016", f"{row.kind} {row.entry_id} was {what} by {who} already.", next_step="Correct it with a later entry.")


def _pending_kin(con: Connection, seq: int, *, before: bool) -> str:
    """The nearest pending set before (or the last after) `seq` with money of the same purpose for the same entity, or nothing."""
    side = E.c.seq < seq if before else E.c.seq > seq
    waiting = con.execute(
        sa.select(E.c.seq, E.c.entry_id).select_from(standing()).where(IS_PENDING, E.c.kind == "posting_set", side).order_by(E.c.seq)
    ).all()
    if not waiting:
        return ""
    mine = _touched(con, seq)
    for row in waiting if before else reversed(waiting):
        if mine & _touched(con, row.seq):
            return str(row.entry_id)
    return ""


def _touched(con: Connection, seq: int) -> set[tuple[str, str, str]]:
    found = con.execute(sa.select(lines.c.program, lines.c.purpose, lines.c.entity_id).where(lines.c.entry_seq == seq).distinct())
    return {(row.program, row.purpose, row.entity_id) for row in found}
