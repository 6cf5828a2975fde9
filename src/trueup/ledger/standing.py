"""How entries stand: pending until a second person approves, posted, or voided. A status is never stored; it follows from later entries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import Refused
from trueup.ledger.chart import PROPOSED
from trueup.ledger.models import entries

E = entries.alias("e")
APPROVAL, VOID, OUTCOME = entries.alias("approval"), entries.alias("voiding"), entries.alias("outcome")

IS_LIVE = VOID.c.seq.is_(None)
IS_POSTED = sa.or_(E.c.kind.not_in(PROPOSED), APPROVAL.c.seq.is_not(None))
IS_PENDING = sa.and_(E.c.kind.in_(PROPOSED), APPROVAL.c.seq.is_(None), VOID.c.seq.is_(None))


def standing() -> sa.Join:
    """Every entry with its approval, its voiding and its outcome where it has one: select from this with the conditions above."""
    return (
        sa.join(E, APPROVAL, (APPROVAL.c.subject_id == E.c.entry_id) & (APPROVAL.c.kind == "approval"), isouter=True)
        .join(VOID, (VOID.c.subject_id == E.c.entry_id) & (VOID.c.kind == "void"), isouter=True)
        .join(OUTCOME, (OUTCOME.c.subject_id == E.c.entry_id) & OUTCOME.c.kind.in_(("confirmation", "rejection")), isouter=True)
    )


def find(con: Connection, entry_id: str) -> Row[Any]:
    """The entry of that id, with `status`, `approver` and `outcome`. Raises Refused (TRU-L015) if there is none."""
    row = con.execute(
        sa.select(E, APPROVAL.c.actor.label("approver"), VOID.c.actor.label("voider"), OUTCOME.c.kind.label("outcome"))
        .select_from(standing())
        .where(E.c.entry_id == entry_id)
    ).first()
    if row is None:
        raise Refused("TRU-L015", f"The ledger has no entry {entry_id!r}.", next_step="See its entries with `trueup ledger statement`.")
    return row


def status_of(row: Row[Any]) -> str:
    """`pending`, `posted` or `voided`; a remittance also `confirmed` or `rejected`. `row` is one of `find`'s form."""
    if row.voider is not None:
        return "voided"
    if row.kind in PROPOSED and row.approver is None:
        return "pending"
    return {"confirmation": "confirmed", "rejection": "rejected"}.get(row.outcome or "", "posted")
