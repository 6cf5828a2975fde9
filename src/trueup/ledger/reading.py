"""Reading the ledger: entries, lines, balances and statements. Nothing here writes, and every answer is of one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from trueup.errors import UsageError
from trueup.ledger.chart import CHART, PAYABLE, RECEIVABLE, account_name
from trueup.ledger.models import accounts, lines, postings
from trueup.ledger.obligations import Obligation
from trueup.ledger.results import Balance, Entry, Line, Statement, StatementRow
from trueup.ledger.standing import APPROVAL, IS_LIVE, IS_POSTED, OUTCOME, VOID, E, standing, status_of

STATUSES = ("posted", "live", "all")

_STANDING = (APPROVAL.c.actor.label("approver"), VOID.c.actor.label("voider"), OUTCOME.c.kind.label("outcome"))


def _counts(status: str) -> Sequence[sa.ColumnElement[bool]]:
    """Which entries count: `posted` only, `live` with pending, or `all` with voided. Raises UsageError (TRU-L028)."""
    if status not in STATUSES:
        raise UsageError("TRU-L028", f"{status!r} is no choice of entries.", next_step=f"Choose one of {', '.join(STATUSES)}.")
    return {"posted": [IS_POSTED, IS_LIVE], "live": [IS_LIVE], "all": []}[status]


def entries(con: Connection, *, program: str = "", kind: str = "", month: str = "", status: str = "all") -> Iterator[Entry]:
    """Entries in the order of the chain. Empty filters take all."""
    wanted = [column == value for column, value in ((E.c.program, program), (E.c.kind, kind), (E.c.accounting_month, month)) if value]
    rows = con.execute(sa.select(E, *_STANDING).select_from(standing()).where(*wanted, *_counts(status)).order_by(E.c.seq))
    for row in rows:
        yield Entry(
            seq=row.seq,
            entry_id=row.entry_id,
            kind=row.kind,
            status=status_of(row),
            program=row.program,
            entity_id=row.entity_id,
            accounting_month=row.accounting_month,
            accounting_date=row.accounting_date,
            actor=row.actor,
            is_verified=bool(row.is_verified),
            recorded_at=row.recorded_at,
            source=row.source,
            as_of=row.as_of,
            gate=row.gate,
            reason=row.reason,
            subject_id=row.subject_id,
            approver=row.approver or "",
            line_count=row.line_count,
            hash=row.hash,
        )


def booked_lines(
    con: Connection, *, program: str = "", entity_id: str = "", purpose: str = "", entry_id: str = "", status: str = "posted"
) -> Iterator[Line]:
    """Booked differences in the order of the ledger, the grain of `payments_made`. Empty filters take all."""
    filters = ((lines.c.program, program), (lines.c.entity_id, entity_id), (lines.c.purpose, purpose), (E.c.entry_id, entry_id))
    rows = con.execute(
        sa.select(lines, E.c.entry_id, E.c.kind, E.c.accounting_month, E.c.accounting_date, E.c.recorded_at, *_STANDING)
        .select_from(standing().join(lines, lines.c.entry_seq == E.c.seq))
        .where(*(column == value for column, value in filters if value), *_counts(status))
        .order_by(E.c.seq, lines.c.line_no)
    )
    for row in rows:
        yield Line(
            line_id=row.line_id,
            entry_id=row.entry_id,
            status=status_of(row),
            accounting_month=row.accounting_month,
            accounting_date=row.accounting_date,
            recorded_at=row.recorded_at,
            obligation=Obligation(row.program, row.purpose, row.entity_id, row.period, row.member_id, row.cohort, row.claim_id),
            booked_cents=row.booked_cents,
            entitled_cents=row.entitled_cents,
            delta_cents=row.delta_cents,
            reason=row.reason,
            rate_version=row.rate_version,
            corrects=row.corrects_line_id,
        )


def balances(con: Connection, *, program: str = "", through: str = "", status: str = "posted") -> list[Balance]:
    """Every account that was ever used, by name, with debits less credits; they sum to zero.

    `through` counts only entries of accounting months up to it.
    """
    wanted = [E.c.program == program] if program else []
    wanted += [E.c.accounting_month <= through] if through else []
    totals: dict[str, int] = defaultdict(int)
    rows = con.execute(
        sa.select(postings.c.account, sa.func.sum(postings.c.amount_cents).label("cents"))
        .select_from(standing().join(postings, postings.c.entry_seq == E.c.seq))
        .where(*wanted, *_counts(status))
        .group_by(postings.c.account)
    )
    for row in rows:
        totals[row.account] = int(row.cents)
    known = con.execute(sa.select(accounts.c.account, accounts.c["class"].label("named"), accounts.c.program, accounts.c.entity_id)).all()
    found = [
        Balance(a.account, a.named, CHART[a.named].kind, a.program, a.entity_id, totals[a.account]) for a in known if a.account in totals
    ]
    return sorted(found, key=lambda balance: balance.account)


def statement(con: Connection, program: str, entity_id: str) -> Statement:
    """One entity's account in one program: what it earned, was paid, is due and owes, entry by entry."""
    payable_name, owed_name = account_name(PAYABLE, program, entity_id), account_name(RECEIVABLE, program, entity_id)
    earned = {
        row.entry_seq: int(row.cents)
        for row in con.execute(
            sa.select(lines.c.entry_seq, sa.func.sum(lines.c.delta_cents).label("cents"))
            .where(lines.c.program == program, lines.c.entity_id == entity_id)
            .group_by(lines.c.entry_seq)
        )
    }
    moved: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    wanted = sa.select(postings).where(postings.c.account.in_((payable_name, owed_name)))
    for row in con.execute(wanted):
        moved[row.entry_seq][row.account] += row.amount_cents
    about = sa.or_(E.c.seq.in_(sorted({*earned, *moved})), (E.c.program == program) & (E.c.entity_id == entity_id))
    posted: list[StatementRow] = []
    pending: list[StatementRow] = []
    payable = owed = 0
    for row in con.execute(sa.select(E, *_STANDING).select_from(standing()).where(about, IS_LIVE).order_by(E.c.seq)):
        if row.kind in ("approval", "void"):
            continue
        status = status_of(row)
        change, debt = -moved[row.seq][payable_name], moved[row.seq][owed_name]
        is_counted = status != "pending"
        payable, owed = (payable + change, owed + debt) if is_counted else (payable, owed)
        paid = debt - change if row.kind in ("remittance", "rejection") else 0
        (posted if is_counted else pending).append(
            StatementRow(row.accounting_date, row.entry_id, row.kind, status, _note(row), earned.get(row.seq, 0), paid, payable, owed)
        )
    return Statement(program, entity_id, tuple(posted), tuple(pending), payable, owed)


def _note(row: Any) -> str:
    """What an entry says about itself, in a few words."""
    return row.reason or row.source
