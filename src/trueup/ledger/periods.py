"""Months: closed in order, reopened from the last one back, for a reason. A closed month takes no posting; later facts land after it."""

from __future__ import annotations

import calendar
from collections import defaultdict
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import Refused
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import CHART, MONTH_EVENTS
from trueup.ledger.models import accounts, entries, postings
from trueup.ledger.obligations import Actor, digest
from trueup.ledger.results import Recorded
from trueup.ledger.standing import IS_LIVE, IS_PENDING, E, standing
from trueup.ledger.words import attempt_id, header, month_text, next_month, reason_text
from trueup.money import format_cents


def closed_through(con: Connection) -> str:
    """The last closed month, empty if none is. Every month up to it is closed."""
    events = con.execute(
        sa.select(entries.c.kind, entries.c.accounting_month).where(entries.c.kind.in_(MONTH_EVENTS)).order_by(entries.c.seq)
    )
    closed: list[str] = []
    for event in events:
        if event.kind == "close":
            closed.append(event.accounting_month)
        else:
            closed.pop()
    return closed[-1] if closed else ""


def require_open(con: Connection, month: str) -> None:
    """Raises Refused (TRU-L012) if `month` is closed."""
    closed = closed_through(con)
    if month <= closed:
        raise Refused(
            "TRU-L012",
            f"{month} is closed: the ledger is closed through {closed}.",
            next_step=f"Post into {next_month(closed)} or later, or reopen the month for a reason.",
        )


def close(con: Connection, month: str, actor: Actor, recorded_at: datetime) -> Recorded:
    """Close a month. The month that is closed already is left as it is.

    Raises Refused where a month before it is open (TRU-L017), where entries wait for approval (TRU-L018), or where what entered a clearing
    account by its end has not left it (TRU-L019).
    """
    month_text(month)
    closed, again = closed_through(con), attempt_id("close", actor, recorded_at, month)
    if (done := _done(con, again)) or month <= closed:
        return Recorded(done or _last_event(con, "close", month), "close", is_new=False)
    first = con.execute(sa.select(sa.func.min(entries.c.accounting_month)).where(entries.c.accounting_month > closed)).scalar() or month
    wanted = next_month(closed) if closed else min(first, month)
    if month != wanted:
        raise Refused("TRU-L017", f"{month} cannot be closed before {wanted}.", next_step=f"Close {wanted} first: months close in order.")
    _refuse_unfinished(con, month)
    entry_id = digest("close", month, again)
    append(con, [Draft(header("close", entry_id, actor, recorded_at, day=_last_day(month), attempt=(month,)))])
    return Recorded(entry_id, "close", is_new=True)


def reopen(con: Connection, month: str, reason: str, actor: Actor, recorded_at: datetime) -> Recorded:
    """Reopen the last closed month. Raises Refused without a reason (TRU-L009) or for any other month (TRU-L024)."""
    month_text(month)
    reason_text(reason, f"Reopening {month}")
    if done := _done(con, attempt_id("reopen", actor, recorded_at, month)):
        return Recorded(done, "reopen", is_new=False)
    closed = closed_through(con)
    if month != closed:
        state = f"closed through {closed}" if closed else "open throughout"
        raise Refused("TRU-L024", f"{month} cannot be reopened: the ledger is {state}.", next_step="Reopen months from the last one back.")
    entry_id = digest("reopen", month, attempt_id("reopen", actor, recorded_at, month))
    append(con, [Draft(header("reopen", entry_id, actor, recorded_at, day=_last_day(month), attempt=(month,), reason=reason))])
    return Recorded(entry_id, "reopen", is_new=True)


def uncleared(con: Connection, month: str) -> dict[str, int]:
    """Clearing accounts that are not zero: what entered by the end of `month` and has not left since, whenever it left."""
    subject = entries.alias("subject")
    clearing = [name for name, declared in CHART.items() if declared.must_clear]
    entered = sa.case((E.c.subject_id == "", E.c.accounting_month), else_=subject.c.accounting_month)
    rows = con.execute(
        sa.select(postings.c.account, postings.c.amount_cents)
        .select_from(
            standing()
            .join(postings, postings.c.entry_seq == E.c.seq)
            .join(accounts, accounts.c.account == postings.c.account)
            .join(subject, subject.c.entry_id == E.c.subject_id, isouter=True)
        )
        .where(IS_LIVE, accounts.c["class"].in_(clearing), entered <= month)
    )
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row.account] += row.amount_cents
    return {account: cents for account, cents in sorted(found.items()) if cents}


def _refuse_unfinished(con: Connection, month: str) -> None:
    pending = con.execute(
        sa.select(E.c.entry_id, E.c.kind).select_from(standing()).where(IS_PENDING, E.c.accounting_month <= month).order_by(E.c.seq)
    ).all()
    if pending:
        raise Refused(
            "TRU-L018",
            f"{month} has {len(pending)} entries that wait for approval, first the {pending[0].kind} {pending[0].entry_id}.",
            next_step="Approve or void them, then close.",
        )
    for account, cents in uncleared(con, month).items():
        raise Refused(
            "TRU-L019",
            f"{account} is at {format_cents(cents)} for {month}, expected 0.00.",
            next_step="Confirm or reject each payment that is on its way, then close.",
        )


def _done(con: Connection, attempt: str) -> str:
    return con.execute(sa.select(entries.c.entry_id).where(entries.c.attempt_id == attempt)).scalar() or ""


def _last_event(con: Connection, kind: str, month: str) -> str:
    wanted = sa.select(entries.c.entry_id).where(entries.c.kind == kind, entries.c.accounting_month >= month)
    return con.execute(wanted.order_by(entries.c.accounting_month, entries.c.seq.desc()).limit(1)).scalar_one()


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])
