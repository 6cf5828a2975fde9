"""Remittances: paying what is posted, less what the entity owes, and what became of the money.

A remittance takes whole (posting set, entity) amounts, each once. It is proposed, approved by another person, and then confirmed, or
rejected, which makes the amounts payable again. Until then the money is in transit, on a clearing account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from trueup.errors import Refused
from trueup.ledger.chain import Draft, append
from trueup.ledger.chart import FUNDS, IN_TRANSIT, PAYABLE, RECEIVABLE
from trueup.ledger.dispute_holds import Held, held_sets
from trueup.ledger.models import entries, lines, parts, postings
from trueup.ledger.obligations import Actor, Obligation, digest
from trueup.ledger.periods import require_open
from trueup.ledger.receivables import receivables
from trueup.ledger.results import Offset, Receivable, Recorded, Remittance, RemittanceLine
from trueup.ledger.standing import APPROVAL, IS_LIVE, OUTCOME, VOID, E, find, standing, status_of
from trueup.ledger.words import attempt_id, header, month_text, reason_text


@dataclass
class _Due:
    """What is payable to one entity: the posting sets with their net cents, in the order of the ledger."""

    sets: list[tuple[int, str, int]] = field(default_factory=list[tuple[int, str, int]])

    @property
    def gross_cents(self) -> int:
        return sum(cents for _, _, cents in self.sets)


def remit(con: Connection, program: str, month: str, maker: Actor, recorded_at: datetime, payment_date: date) -> list[Remittance]:
    """Propose to pay what is posted through `month` and not paid yet: one remittance for each entity to which anything is payable.

    What an entity owes in the program is offset, oldest discovery first, at most up to its payment. Payments land in the month of
    `payment_date`. Where nothing is payable, the remittances of that program, month and day come back as they stand. What an open dispute
    holds is neither paid nor offset.

    Raises UsageError for a month that cannot be read (TRU-L007) and Refused where the month of payment is closed (TRU-L012).
    """
    month_text(month)
    attempt = (program, month, payment_date.isoformat())
    again = attempt_id("remittance", maker, recorded_at, *attempt)
    if con.execute(sa.select(entries.c.seq).where(entries.c.attempt_id == again)).first():
        return remittances(con, (entries.c.attempt_id == again,))
    held = held_sets(con, program)
    due = {entity_id: due for entity_id, due in sorted(_due(con, program, month, held).items()) if due.gross_cents > 0}
    if due:
        require_open(con, f"{payment_date:%Y-%m}")
        owed: dict[str, list[Receivable]] = defaultdict(list)
        for receivable in receivables(con, date.max, program=program):
            if (receivable.posting_id, receivable.entity_id) not in held:
                owed[receivable.entity_id].append(receivable)
        drafts: list[Draft] = []
        for entity_id, payable in due.items():
            entry_id = digest("remittance", program, entity_id, [s[1] for s in payable.sets], _previous(con, program, entity_id))
            about = {"program": program, "entity_id": entity_id, "source": month}
            draft = Draft(header("remittance", entry_id, maker, recorded_at, day=payment_date, attempt=attempt, **about))
            drafts.append(_pay(draft, entity_id, payable, sorted(owed[entity_id], key=lambda r: r.discovery_date)))
        append(con, drafts, paid_seqs={paid: seq for d in due.values() for seq, paid, _ in d.sets})
        new = [str(draft.header["entry_id"]) for draft in drafts]
        return remittances(con, (entries.c.entry_id.in_(new),), new=new)
    same = (entries.c.program == program, entries.c.source == month, entries.c.accounting_date == payment_date.isoformat())
    return [r for r in remittances(con, same) if r.status != "voided"]


def _due(con: Connection, program: str, month: str, held: Held) -> dict[str, _Due]:
    """Posted sets through a month whose net for an entity is zero or above, held by no dispute, and in no remittance that counts."""
    taken = {
        (row.paid_seq, row.entity_id)
        for row in con.execute(
            sa.select(parts.c.paid_seq, parts.c.entity_id)
            .select_from(standing().join(parts, parts.c.entry_seq == E.c.seq))
            .where(IS_LIVE, sa.or_(OUTCOME.c.kind.is_(None), OUTCOME.c.kind != "rejection"), E.c.program == program)
        )
    }
    total = sa.func.sum(lines.c.delta_cents).label("cents")
    rows = con.execute(
        sa.select(E.c.seq, E.c.entry_id, lines.c.entity_id, total)
        .select_from(standing().join(lines, lines.c.entry_seq == E.c.seq))
        .where(E.c.kind == "posting_set", APPROVAL.c.seq.is_not(None), E.c.program == program, E.c.accounting_month <= month)
        .group_by(E.c.seq, E.c.entry_id, lines.c.entity_id)
        .order_by(E.c.seq)
    )
    found: dict[str, _Due] = defaultdict(_Due)
    for row in rows:
        if row.cents >= 0 and (row.seq, row.entity_id) not in taken and (row.entry_id, row.entity_id) not in held:
            found[row.entity_id].sets.append((row.seq, row.entry_id, int(row.cents)))
    return found


def _previous(con: Connection, program: str, entity_id: str) -> str:
    """The last remittance of an entity, whatever became of it: what was voided or came back is paid again under a new id."""
    wanted = sa.select(entries.c.entry_id).where(
        entries.c.kind == "remittance", entries.c.program == program, entries.c.entity_id == entity_id
    )
    return con.execute(wanted.order_by(entries.c.seq.desc()).limit(1)).scalar() or ""


def _pay(draft: Draft, entity_id: str, due: _Due, owed: Iterable[Receivable]) -> Draft:
    for number, (_, paid_id, cents) in enumerate(due.sets, start=1):
        draft.parts.append({"part_no": number, "paid_id": paid_id, "entity_id": entity_id, "amount_cents": cents})
    left = due.gross_cents
    draft.post(PAYABLE, left, entity_id=entity_id)
    for receivable in owed:
        kept = min(left, receivable.balance_cents)
        draft.post(RECEIVABLE, -kept, entity_id=entity_id, receivable_id=receivable.receivable_id)
        left -= kept
    draft.post(IN_TRANSIT, -left)
    return draft


def confirm(con: Connection, remittance_id: str, actor: Actor, recorded_at: datetime, accounting_date: date) -> Recorded:
    """Record that an approved remittance was paid out: its money leaves the program's funds. Again it changes nothing.

    Raises Refused for an unknown entry (TRU-L015), a remittance that is not approved or was rejected (TRU-L027), or a closed month.
    """
    row, done = _paid(con, remittance_id, "confirmation")
    if done:
        return done
    draft = _outcome("confirmation", row, actor, recorded_at, accounting_date, "")
    for posting in _postings(con, row.seq):
        if posting.account.startswith(f"{IN_TRANSIT}:"):
            draft.post(IN_TRANSIT, -posting.amount_cents)
            draft.post(FUNDS, posting.amount_cents)
    return _record(con, draft)


def reject(con: Connection, remittance_id: str, actor: Actor, reason: str, recorded_at: datetime, accounting_date: date) -> Recorded:
    """Record that an approved remittance came back: everything in it is payable, and owed, as before, and a later `remit` pays it anew.

    Raises Refused as `confirm` does, and without a reason (TRU-L009).
    """
    reason_text(reason, "A rejected payment")
    row, done = _paid(con, remittance_id, "rejection")
    if done:
        return done
    draft = _outcome("rejection", row, actor, recorded_at, accounting_date, reason)
    for posting in _postings(con, row.seq):
        account_class = posting.account.removesuffix(f":{row.entity_id}").removesuffix(f":{row.program}")
        draft.post(account_class, -posting.amount_cents, entity_id=row.entity_id, receivable_id=posting.receivable_id)
    return _record(con, draft)


def _paid(con: Connection, remittance_id: str, kind: str) -> tuple[Row[Any], Recorded | None]:
    row = find(con, remittance_id)
    status = status_of(row)
    if row.kind == "remittance" and row.outcome == kind:
        return row, Recorded(digest(kind, remittance_id), kind, is_new=False)
    if row.kind != "remittance" or status != "posted":
        raise Refused(
            "TRU-L027",
            f"{remittance_id} is a {row.kind} that is {status}: it has no {kind}.",
            next_step="Only an approved remittance is confirmed or rejected, and once.",
        )
    return row, None


def _outcome(kind: str, row: Row[Any], actor: Actor, recorded_at: datetime, day: date, reason: str) -> Draft:
    about = {"program": row.program, "entity_id": row.entity_id, "subject_id": row.entry_id, "reason": reason}
    return Draft(header(kind, digest(kind, row.entry_id), actor, recorded_at, day=day, attempt=(row.entry_id,), **about))


def _record(con: Connection, draft: Draft) -> Recorded:
    require_open(con, draft.header["accounting_month"])
    append(con, [draft])
    return Recorded(str(draft.header["entry_id"]), str(draft.header["kind"]), is_new=True)


def _postings(con: Connection, seq: int) -> Sequence[Row[Any]]:
    return con.execute(sa.select(postings).where(postings.c.entry_seq == seq).order_by(postings.c.posting_no)).all()


def remittances(con: Connection, where: Iterable[sa.ColumnElement[bool]], *, new: Sequence[str] = ()) -> list[Remittance]:
    """Remittances that meet conditions on `entries`, in the order of the ledger, with all they pay. `new` marks what was just written."""
    wanted = sa.select(entries.c.entry_id).where(entries.c.kind == "remittance", *where)
    rows = con.execute(
        sa.select(E, APPROVAL.c.actor.label("approver"), VOID.c.actor.label("voider"), OUTCOME.c.kind.label("outcome"))
        .select_from(standing())
        .where(E.c.entry_id.in_(wanted))
        .order_by(E.c.seq)
    ).all()
    return [_remittance(con, row, row.entry_id in new) for row in rows]


def _remittance(con: Connection, row: Row[Any], is_new: bool) -> Remittance:
    booked = _postings(con, row.seq)
    set_of = {r.receivable_id: r.posting_id for r in _made(con, [p.receivable_id for p in booked if p.receivable_id])}
    offsets = tuple(Offset(p.receivable_id, set_of[p.receivable_id], -p.amount_cents) for p in booked if p.receivable_id)
    paid = con.execute(
        sa.select(entries.c.entry_id, lines)
        .join_from(parts, lines, (lines.c.entry_seq == parts.c.paid_seq) & (lines.c.entity_id == parts.c.entity_id))
        .join(entries, entries.c.seq == parts.c.paid_seq)
        .where(parts.c.entry_seq == row.seq)
        .order_by(parts.c.part_no, lines.c.line_no)
    )
    listed = tuple(
        RemittanceLine(
            p.line_id,
            p.entry_id,
            Obligation(p.program, p.purpose, p.entity_id, p.period, p.member_id, p.cohort, p.claim_id),
            p.delta_cents,
            p.reason,
            p.rate_version,
            p.corrects_line_id,
        )
        for p in paid
    )
    return Remittance(
        remittance_id=row.entry_id,
        program=row.program,
        entity_id=row.entity_id,
        month=row.source,
        payment_date=date.fromisoformat(row.accounting_date),
        lines=listed,
        offsets=offsets,
        gross_cents=sum(line.amount_cents for line in listed),
        offset_cents=sum(o.amount_cents for o in offsets),
        status=status_of(row),
        is_new=is_new,
    )


def _made(con: Connection, receivable_ids: Sequence[str]) -> Sequence[Any]:
    """The posting set that made each receivable."""
    wanted = sa.select(postings.c.receivable_id, entries.c.entry_id.label("posting_id")).join_from(
        postings, entries, entries.c.seq == postings.c.entry_seq
    )
    return con.execute(wanted.where(entries.c.kind == "posting_set", postings.c.receivable_id.in_(receivable_ids))).all()
