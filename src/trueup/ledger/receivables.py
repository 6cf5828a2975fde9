"""What entities owe: discovery, the federal clock, age, recovery, write-off, and practices that leave.

A receivable is born when a posting set leaves an entity below zero. Its balance follows from postings: what made it less what was recovered
or written off, entries that still wait for approval included, so that nothing is recovered twice. It is never below zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import Refused
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import FUNDS, RECEIVABLE, WRITE_OFF, account_name
from trueup.ledger.dispute_holds import refuse_recoupment
from trueup.ledger.models import accounts, entries, postings
from trueup.ledger.obligations import Actor, digest, is_clean
from trueup.ledger.periods import require_open
from trueup.ledger.results import Receivable, Recorded
from trueup.ledger.standing import APPROVAL, IS_LIVE, OUTCOME, E, find, standing, status_of
from trueup.ledger.words import attempt_id, header, reason_text
from trueup.money import format_cents

# Age since discovery, in days: the upper edge of each bucket.
BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (180, "91-180"), (365, "181-365"))
OLDEST = "over 365"


def federal_due_date(discovery: date) -> date:
    """One year from discovery (42 CFR 433.312). From 29 February it is the 28th: the earlier reading can only be early."""
    try:
        return discovery.replace(year=discovery.year + 1)
    except ValueError:
        return date(discovery.year + 1, 2, 28)


def bucket(age_days: int) -> str:
    """The age bucket of a receivable, e.g. 45 -> `31-60`."""
    return next((name for edge, name in BUCKETS if age_days <= edge), OLDEST)


def receivables(
    con: Connection, as_of: date, *, program: str = "", entity_id: str = "", receivable_id: str = "", open_only: bool = True
) -> list[Receivable]:
    """Receivables as of a day, oldest discovery first; those at zero only with `open_only` false. Empty filters take all."""
    rows = con.execute(
        sa.select(
            postings.c.receivable_id, postings.c.amount_cents, accounts.c.program, accounts.c.entity_id,
            E.c.entry_id, E.c.kind, E.c.seq, E.c.accounting_date, APPROVAL.c.seq.label("approved_seq"), OUTCOME.c.kind.label("outcome"),
        )
        .select_from(
            standing().join(postings, postings.c.entry_seq == E.c.seq).join(accounts, accounts.c.account == postings.c.account)
        )
        .where(IS_LIVE, postings.c.receivable_id != "", E.c.accounting_date <= as_of.isoformat())
        .where(*_filters(program, entity_id, receivable_id))
        .order_by(E.c.seq, postings.c.posting_no)
    )  # fmt: skip
    born: dict[str, Any] = {}
    recovered: dict[str, int] = defaultdict(int)
    written_off: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.kind == "posting_set":
            if row.approved_seq is not None:
                born[row.receivable_id] = row
        elif row.kind == "write_off":
            written_off[row.receivable_id] -= row.amount_cents
        else:
            recovered[row.receivable_id] -= row.amount_cents
    left = _departed(con)
    found = [_receivable(row, as_of, recovered[key], written_off[key], left) for key, row in born.items()]
    return [r for r in found if r.balance_cents or not open_only]


def _filters(program: str, entity_id: str, receivable_id: str) -> Iterable[sa.ColumnElement[bool]]:
    wanted = ((accounts.c.program, program), (accounts.c.entity_id, entity_id), (postings.c.receivable_id, receivable_id))
    return [column == value for column, value in wanted if value]


def _receivable(row: Any, as_of: date, recovered: int, written_off: int, left: set[tuple[str, str]]) -> Receivable:
    discovery = date.fromisoformat(row.accounting_date)
    age = (as_of - discovery).days
    return Receivable(
        receivable_id=row.receivable_id,
        posting_id=row.entry_id,
        program=row.program,
        entity_id=row.entity_id,
        discovery_date=discovery,
        federal_due_date=federal_due_date(discovery),
        original_cents=row.amount_cents,
        recovered_cents=recovered,
        written_off_cents=written_off,
        age_days=age,
        bucket=bucket(age),
        has_left=(row.program, row.entity_id) in left,
    )


def _departed(con: Connection) -> set[tuple[str, str]]:
    found = con.execute(sa.select(entries.c.program, entries.c.entity_id).where(entries.c.kind == "departure"))
    return {(row.program, row.entity_id) for row in found}


def offset(
    con: Connection, receivable_id: str, amount_cents: int, reference: str, maker: Actor, recorded_at: datetime, accounting_date: date
) -> Recorded:
    """Propose to record what was recovered outside the ledger's own remittances: kept back from other claim payments, or paid back.

    `reference` names the recovery there; the same reference for the same receivable is the same recovery, and is recorded once.
    Raises Refused for an unknown receivable (TRU-L022), an amount that is not above zero or above the balance (TRU-L023), a reference that
    was used for another amount (TRU-L025), a receivable that a dispute holds (TRU-L077), or a closed month (TRU-L012).
    """
    if not reference.strip() or not is_clean(reference):
        raise Refused("TRU-L025", "A recovery needs a reference.", next_step="Name the payment it was kept back from, or the receipt.")
    request_id = digest("offset", receivable_id, reference)
    for entry_id in con.execute(sa.select(entries.c.entry_id).where(entries.c.request_id == request_id).order_by(entries.c.seq)).scalars():
        row = find(con, entry_id)
        if status_of(row) == "voided" and row.attempt_id != attempt_id("offset", maker, recorded_at, request_id, amount_cents):
            continue
        known = _recovered(con, row.seq)
        if known != amount_cents:
            raise Refused(
                "TRU-L025",
                f"Reference {reference!r} stands in the ledger with {format_cents(known)}, not {format_cents(amount_cents)}.",
                next_step="Use a reference of its own for another recovery.",
            )
        return Recorded(entry_id, "offset", is_new=False)
    against = _require_balance(con, receivable_id, amount_cents, accounting_date)
    refuse_recoupment(con, against.program, against.posting_id, against.entity_id)
    again = (request_id, amount_cents)
    entry_id = digest("offset", *again, attempt_id("offset", maker, recorded_at, *again))
    draft = _against(
        "offset", entry_id, against, maker, recorded_at, accounting_date, attempt=again, source=reference, request_id=request_id
    )
    draft.post(FUNDS, amount_cents)
    draft.post(RECEIVABLE, -amount_cents, entity_id=against.entity_id, receivable_id=receivable_id)
    append(con, [draft])
    return Recorded(entry_id, "offset", is_new=True)


def write_off(
    con: Connection, receivable_id: str, amount_cents: int, reason: str, maker: Actor, recorded_at: datetime, accounting_date: date
) -> Recorded:
    """Propose to give up (part of) a receivable, for a reason; it counts against the balance at once and is final when another person
    approves it. Raises Refused as `offset` does, and without a reason (TRU-L009)."""
    reason_text(reason, "A write-off")
    again = (receivable_id, amount_cents, reason)
    attempt = attempt_id("write_off", maker, recorded_at, *again)
    done = con.execute(sa.select(entries.c.entry_id).where(entries.c.attempt_id == attempt)).scalar()
    if done:
        return Recorded(done, "write_off", is_new=False)
    against = _require_balance(con, receivable_id, amount_cents, accounting_date)
    entry_id = digest("write_off", attempt)
    draft = _against("write_off", entry_id, against, maker, recorded_at, accounting_date, attempt=again, reason=reason)
    draft.post(WRITE_OFF, amount_cents)
    draft.post(RECEIVABLE, -amount_cents, entity_id=against.entity_id, receivable_id=receivable_id)
    append(con, [draft])
    return Recorded(entry_id, "write_off", is_new=True)


def _against(
    kind: str,
    entry_id: str,
    against: Receivable,
    maker: Actor,
    recorded_at: datetime,
    day: date,
    *,
    attempt: tuple[object, ...],
    **more: str,
) -> Draft:
    about = {"program": against.program, "entity_id": against.entity_id, **more}
    return Draft(header(kind, entry_id, maker, recorded_at, day=day, attempt=attempt, **about))


def _recovered(con: Connection, seq: int) -> int:
    wanted = sa.select(postings.c.amount_cents).where(postings.c.entry_seq == seq, postings.c.receivable_id == "")
    return con.execute(wanted).scalar_one()


def _require_balance(con: Connection, receivable_id: str, amount_cents: int, day: date) -> Receivable:
    require_open(con, f"{day:%Y-%m}")
    found = receivables(con, date.max, receivable_id=receivable_id, open_only=False) if receivable_id else []
    if not found:
        raise Refused(
            "TRU-L022", f"The ledger has no posted receivable {receivable_id!r}.", next_step="See them with `trueup ledger balances`."
        )
    against = found[0]
    if type(amount_cents) is not int or not 0 < amount_cents <= against.balance_cents:
        shown = format_cents(amount_cents) if type(amount_cents) is int else repr(amount_cents)
        raise Refused(
            "TRU-L023",
            f"{shown} against a receivable of {against.entity_id} whose balance is {format_cents(against.balance_cents)}.",
            next_step="Take an amount above zero and at most the balance; recoveries that wait for approval count.",
        )
    if day < against.discovery_date:
        raise Refused("TRU-L026", f"{day} is before the discovery on {against.discovery_date}.", next_step="Use a day on or after it.")
    return against


def leave(con: Connection, program: str, entity_id: str, left_on: date, successor: str, actor: Actor, recorded_at: datetime) -> Recorded:
    """Record that an entity left a program. What it owes stays owed and ages on; what is payable to it is still paid, less what it owes.

    Nothing moves to `successor` by itself. The same departure again is the same entry.
    """
    entry_id = digest("departure", program, entity_id, left_on.isoformat(), successor)
    if con.execute(sa.select(entries.c.seq).where(entries.c.entry_id == entry_id)).first():
        return Recorded(entry_id, "departure", is_new=False)
    about = {"program": program, "entity_id": entity_id, "source": successor}
    append(con, [Draft(header("departure", entry_id, actor, recorded_at, day=left_on, attempt=(entry_id,), **about))])
    return Recorded(entry_id, "departure", is_new=True)


def owed_account(program: str, entity_id: str) -> str:
    """The name of the account on which an entity's receivables stand."""
    return account_name(RECEIVABLE, program, entity_id)
