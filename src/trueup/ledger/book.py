"""`Ledger`: everything a caller does with the ledger. Each act is one transaction; each answer is one snapshot.

Acts take the actor and the moment from the caller. An attempt that is resumed passes the same moment again, and then finds what it wrote.
Every act is safe to repeat: what was done already is returned with `is_new` false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import URL

from trueup.ledger import (
    decisions,
    dispute_cases,
    dispute_holds,
    disputes,
    export,
    periods,
    planning,
    posting,
    reading,
    receivables,
    remitting,
    store,
    verify,
)
from trueup.ledger.chain import head
from trueup.ledger.dispute_cases import Claim, Dispute, Evidence, WhatIf
from trueup.ledger.dispute_clock import Terms
from trueup.ledger.models import entries
from trueup.ledger.obligations import Actor, Proposal
from trueup.ledger.results import (
    Balance,
    Departure,
    Entry,
    Line,
    Plan,
    Posting,
    Receivable,
    Recorded,
    Remittance,
    Statement,
    Verification,
)
from trueup.ledger.words import month_text


class Ledger:
    """An open ledger. Use it as a context manager, or `close` it.

    All acts raise EngineError (TRU-L050 to TRU-L053) where the database fails; then nothing of the act is written, or all of it.
    """

    def __init__(self, opened: store.Store) -> None:
        self._store = opened

    @classmethod
    def open(cls, url: str | URL | Path, *, create: bool = True) -> Ledger:
        """Open the ledger at a SQLite file or a PostgreSQL address; `create` makes or updates its tables. See `store.open_store`."""
        return cls(store.open_store(url, create=create))

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the ledger is, without a password."""
        return self._store.place

    # --- what is owed ----------------------------------------------------------------------------------------------------------------
    def plan(self, proposal: Proposal) -> Plan:
        """What posting `proposal` would write. Writes nothing. What disputes hold stays as it is. See `planning.plan`."""
        with self._store.read() as con:
            kept, held = dispute_holds.hold(con, proposal)
            return replace(planning.plan(con, kept), disputed=held)

    def post(self, proposal: Proposal, *, maker: Actor, recorded_at: datetime, accounting_date: date) -> Posting:
        """Write one pending set, or return the one that stands. What disputes hold stays as it is. See `posting.post`."""
        with self._store.write() as con:
            kept, held = dispute_holds.hold(con, proposal)
            done = posting.post(con, kept, maker, recorded_at, accounting_date)
            return replace(done, plan=replace(done.plan, disputed=held))

    def approve(self, posting_id: str, *, approver: Actor, recorded_at: datetime) -> Recorded:
        """Approve a posting set, remittance, offset or write-off. See `decisions.approve`."""
        return self.approve_all([posting_id], approver=approver, recorded_at=recorded_at)[0]

    def approve_all(self, posting_ids: Sequence[str], *, approver: Actor, recorded_at: datetime) -> list[Recorded]:
        """Approve several, all or none, in the order given."""
        with self._store.write() as con:
            return decisions.approve(con, posting_ids, approver, recorded_at)

    def void(self, posting_id: str, *, actor: Actor, reason: str, recorded_at: datetime) -> Recorded:
        """Void what still waits for approval. See `decisions.void`."""
        with self._store.write() as con:
            return decisions.void(con, posting_id, actor, reason, recorded_at)

    # --- months ----------------------------------------------------------------------------------------------------------------------
    def close_month(self, month: str, *, actor: Actor, recorded_at: datetime) -> Recorded:
        """Close a month. See `periods.close`."""
        with self._store.write() as con:
            return periods.close(con, month, actor, recorded_at)

    def reopen_month(self, month: str, reason: str, *, actor: Actor, recorded_at: datetime) -> Recorded:
        """Reopen the last closed month. See `periods.reopen`."""
        with self._store.write() as con:
            return periods.reopen(con, month, reason, actor, recorded_at)

    def is_closed(self, month: str) -> bool:
        """Whether `month` takes no posting. Raises UsageError (TRU-L007) for text that is no month."""
        return month_text(month) <= self.closed_through()

    def closed_through(self) -> str:
        """The last closed month, empty if none is."""
        with self._store.read() as con:
            return periods.closed_through(con)

    # --- payments --------------------------------------------------------------------------------------------------------------------
    def remit(self, program: str, month: str, *, maker: Actor, recorded_at: datetime, payment_date: date) -> list[Remittance]:
        """Propose to pay what is posted through `month` less what is owed, one remittance an entity. See `remitting.remit`."""
        with self._store.write() as con:
            return remitting.remit(con, program, month, maker, recorded_at, payment_date)

    def confirm(self, remittance_id: str, *, actor: Actor, recorded_at: datetime, accounting_date: date) -> Recorded:
        """Record that an approved remittance was paid out. See `remitting.confirm`."""
        with self._store.write() as con:
            return remitting.confirm(con, remittance_id, actor, recorded_at, accounting_date)

    def reject(self, remittance_id: str, *, actor: Actor, reason: str, recorded_at: datetime, accounting_date: date) -> Recorded:
        """Record that an approved remittance came back. See `remitting.reject`."""
        with self._store.write() as con:
            return remitting.reject(con, remittance_id, actor, reason, recorded_at, accounting_date)

    def remittances(self, *, program: str = "", month: str = "", remittance_id: str = "") -> list[Remittance]:
        """Remittances as they stand, in the order of the ledger. `month` is the month through which they pay. Empty filters take all."""
        columns = ((entries.c.program, program), (entries.c.source, month), (entries.c.entry_id, remittance_id))
        with self._store.read() as con:
            return remitting.remittances(con, [column == value for column, value in columns if value])

    # --- receivables -----------------------------------------------------------------------------------------------------------------
    def receivables(self, as_of: date, *, program: str = "", entity_id: str = "", open_only: bool = True) -> list[Receivable]:
        """What is owed as of a day, with age and the federal clock. See `receivables.receivables`."""
        with self._store.read() as con:
            return receivables.receivables(con, as_of, program=program, entity_id=entity_id, open_only=open_only)

    def offset(
        self, receivable_id: str, amount_cents: int, *, reference: str, maker: Actor, recorded_at: datetime, accounting_date: date
    ) -> Recorded:
        """Propose to record a recovery made elsewhere. See `receivables.offset`."""
        with self._store.write() as con:
            return receivables.offset(con, receivable_id, amount_cents, reference, maker, recorded_at, accounting_date)

    def write_off(
        self, receivable_id: str, amount_cents: int, *, reason: str, maker: Actor, recorded_at: datetime, accounting_date: date
    ) -> Recorded:
        """Propose to give up (part of) a receivable; another person approves it. See `receivables.write_off`."""
        with self._store.write() as con:
            return receivables.write_off(con, receivable_id, amount_cents, reason, maker, recorded_at, accounting_date)

    def leave(self, program: str, entity_id: str, *, left_on: date, actor: Actor, recorded_at: datetime, successor: str = "") -> Departure:
        """Record that an entity left a program, and answer what stands open. See `receivables.leave`."""
        with self._store.write() as con:
            done = receivables.leave(con, program, entity_id, left_on, successor, actor, recorded_at)
            stands = reading.statement(con, program, entity_id)
            return Departure(
                entry_id=done.entry_id,
                program=program,
                entity_id=entity_id,
                left_on=left_on,
                successor=successor,
                payable_cents=stands.payable_cents,
                receivable_cents=stands.receivable_cents,
                pending_cents=sum(row.earned_cents for row in stands.pending),
            )

    # --- disputes --------------------------------------------------------------------------------------------------------------------
    def raise_dispute(self, claim: Claim, terms: Terms, *, actor: Actor, recorded_at: datetime) -> Recorded:
        """Record a dispute; the id of the entry is the dispute's. See `disputes.raise_dispute`."""
        with self._store.write() as con:
            return disputes.raise_dispute(con, claim, terms, actor, recorded_at)

    def add_evidence(
        self, dispute_id: str, evidence: Sequence[Evidence], *, submitted_by: str, day: date, actor: Actor, recorded_at: datetime
    ) -> Recorded:
        """Add evidence to an undecided dispute. See `disputes.add_evidence`."""
        with self._store.write() as con:
            return disputes.add_evidence(con, dispute_id, evidence, submitted_by, day, actor, recorded_at)

    def record_what_if(self, dispute_id: str, found: WhatIf, *, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
        """Keep what upholding would change with an undecided dispute. See `disputes.record_what_if`."""
        with self._store.write() as con:
            return disputes.record_what_if(con, dispute_id, found, day, actor, recorded_at)

    def decide_dispute(self, dispute_id: str, outcome: str, *, reason: str, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
        """Decide a dispute, `upheld` or `denied`. See `disputes.decide`."""
        with self._store.write() as con:
            return disputes.decide(con, dispute_id, outcome, reason, day, actor, recorded_at)

    def withdraw_dispute(self, dispute_id: str, *, reason: str, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
        """Withdraw a dispute. See `disputes.withdraw`."""
        with self._store.write() as con:
            return disputes.withdraw(con, dispute_id, reason, day, actor, recorded_at)

    def lapse_dispute(self, dispute_id: str, *, day: date, actor: Actor, recorded_at: datetime) -> Recorded:
        """Record that the clock of a dispute ran out. See `disputes.lapse`."""
        with self._store.write() as con:
            return disputes.lapse(con, dispute_id, day, actor, recorded_at)

    def adjust_dispute(
        self, dispute_id: str, *, posting_id: str = "", run_id: str = "", reason: str = "", actor: Actor, recorded_at: datetime
    ) -> Recorded:
        """Link the posting set that corrects an upheld dispute, or record why no dollar changes. See `disputes.adjust`."""
        with self._store.write() as con:
            return disputes.adjust(con, dispute_id, posting_id, run_id, reason, actor, recorded_at)

    def dispute(self, dispute_id: str) -> Dispute:
        """One dispute as it stands. Raises Refused (TRU-L062) if there is none."""
        with self._store.read() as con:
            return dispute_cases.find_dispute(con, dispute_id)

    def disputes(self, *, program: str = "", entity_id: str = "") -> list[Dispute]:
        """Disputes as they stand, in the order in which they were recorded. Empty filters take all."""
        with self._store.read() as con:
            return dispute_cases.load(con, program=program, entity_id=entity_id)

    def held_sets(self, program: str) -> Mapping[tuple[str, str], str]:
        """The (posting set, entity) amounts that disputes hold, each with a dispute: not paid and not recouped. See `dispute_holds`."""
        with self._store.read() as con:
            return dispute_holds.held_sets(con, program)

    # --- reading ---------------------------------------------------------------------------------------------------------------------
    def entries(self, *, program: str = "", kind: str = "", month: str = "", status: str = "all") -> list[Entry]:
        """The entries of the chain. `status`: `posted`, `live` (with pending) or `all` (with voided)."""
        with self._store.read() as con:
            return list(reading.entries(con, program=program, kind=kind, month=month, status=status))

    def lines(self, *, program: str = "", entity_id: str = "", purpose: str = "", entry_id: str = "", status: str = "posted") -> list[Line]:
        """Booked differences, one per obligation and set."""
        with self._store.read() as con:
            found = reading.booked_lines(con, program=program, entity_id=entity_id, purpose=purpose, entry_id=entry_id, status=status)
            return list(found)

    def balances(self, *, program: str = "", through: str = "", status: str = "posted") -> list[Balance]:
        """Every account with its balance, through a month if given. They sum to zero."""
        with self._store.read() as con:
            return reading.balances(con, program=program, through=month_text(through) if through else "", status=status)

    def statement(self, program: str, entity_id: str) -> Statement:
        """One entity's account in one program."""
        with self._store.read() as con:
            return reading.statement(con, program, entity_id)

    def head(self) -> str:
        """The hash of the last entry; empty for an empty ledger. Note it outside the ledger to be able to detect a shortened one."""
        with self._store.read() as con:
            return head(con)[1]

    def verify(self, *, expected_head: str = "") -> Verification:
        """Recompute everything from the first entry on. See `verify.verify`."""
        return verify.verify(self._store, expected_head)

    def export_hledger(self, path: Path) -> int:
        """Write all posted entries as an hledger journal with balance assertions, whole or not at all. Returns the number of entries."""
        with self._store.read() as con:
            return export.write_hledger(con, path)

    def export_beancount(self, path: Path) -> int:
        """Write all posted entries as a beancount file with balance assertions, whole or not at all. Returns the number of entries."""
        with self._store.read() as con:
            return export.write_beancount(con, path)
