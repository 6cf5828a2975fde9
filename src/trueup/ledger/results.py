"""What the ledger answers: plans, postings, remittances, receivables, balances, statements. Money is integer cents throughout."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from trueup.ledger.obligations import Obligation


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One obligation whose booked amount differs from what it is entitled to. `corrects` is the line it corrects, empty for a first one."""

    obligation: Obligation
    booked_cents: int
    entitled_cents: int
    reason: str
    rate_version: str
    previous_line_id: str
    corrects: str
    line_id: str

    @property
    def delta_cents(self) -> int:
        return self.entitled_cents - self.booked_cents


@dataclass(frozen=True)
class Plan:
    """What posting a proposal would write: lines ordered by obligation. Empty where everything is booked as stated.

    `posted_ids` are the sets in which what the proposal states is booked already, in the order of the ledger. `disputed` are
    the obligations left as they are because a dispute holds them.
    """

    program: str
    accounting_month: str
    lines: tuple[PlanLine, ...]
    posted_ids: tuple[str, ...] = ()
    disputed: tuple[Obligation, ...] = ()

    @property
    def total_cents(self) -> int:
        return sum(line.delta_cents for line in self.lines)

    @property
    def totals(self) -> dict[tuple[str, str], int]:
        """Net difference by (entity, purpose), ordered."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for line in self.lines:
            found[line.obligation.entity_id, line.obligation.purpose] += line.delta_cents
        return dict(sorted(found.items()))

    @property
    def net_by_entity(self) -> dict[str, int]:
        """Net difference by entity, ordered: above zero it becomes payable, below zero a receivable."""
        found: dict[str, int] = defaultdict(int)
        for line in self.lines:
            found[line.obligation.entity_id] += line.delta_cents
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Posting:
    """What a post came to. `posting_id` names the set to approve, empty if there was never anything to post.

    `is_new` says whether this call wrote it; otherwise the ids are those of the first time. `status` is `pending`, `posted` or `voided`.
    """

    posting_id: str
    ids: tuple[str, ...]
    is_new: bool
    status: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """One difference that a remittance pays. `entry_id` is the posting set, `corrects` the line it corrects."""

    line_id: str
    entry_id: str
    obligation: Obligation
    amount_cents: int
    reason: str
    rate_version: str
    corrects: str


@dataclass(frozen=True, slots=True)
class Offset:
    """What of a receivable a remittance kept back. `posting_id` is the set that made the receivable."""

    receivable_id: str
    posting_id: str
    amount_cents: int


@dataclass(frozen=True)
class Remittance:
    """One payment to one entity: `total_cents` = lines − offsets, never below zero. `status` is `pending`, `posted`, `voided`,
    `confirmed` (the money arrived) or `rejected` (it came back and is payable again)."""

    remittance_id: str
    program: str
    entity_id: str
    month: str
    payment_date: date
    lines: tuple[RemittanceLine, ...]
    offsets: tuple[Offset, ...]
    gross_cents: int
    offset_cents: int
    status: str
    is_new: bool

    @property
    def total_cents(self) -> int:
        return self.gross_cents - self.offset_cents


@dataclass(frozen=True, slots=True)
class Receivable:
    """What an entity owes from one posting set, as of a day.

    `federal_due_date` is one year from discovery (42 CFR 433.312): from then on the federal share is due back, recovered or not.
    `bucket` is the age since discovery. `has_left` says that the entity left the program: later payments may never come.
    """

    receivable_id: str
    posting_id: str
    program: str
    entity_id: str
    discovery_date: date
    federal_due_date: date
    original_cents: int
    recovered_cents: int
    written_off_cents: int
    age_days: int
    bucket: str
    has_left: bool

    @property
    def balance_cents(self) -> int:
        return self.original_cents - self.recovered_cents - self.written_off_cents


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry that was written, or the same one from the first time (`is_new` false)."""

    entry_id: str
    kind: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """A practice that left, and what stands open on that day: payable and not yet paid, owed, and still waiting for approval."""

    entry_id: str
    program: str
    entity_id: str
    left_on: date
    successor: str
    payable_cents: int
    receivable_cents: int
    pending_cents: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the chain, without its contents. `status` is that of proposed entries; everything else is `posted`."""

    seq: int
    entry_id: str
    kind: str
    status: str
    program: str
    entity_id: str
    accounting_month: str
    accounting_date: str
    actor: str
    is_verified: bool
    recorded_at: str
    source: str
    as_of: str
    gate: str
    reason: str
    subject_id: str
    approver: str
    line_count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Line:
    """One booked difference of one obligation, with the set it is in."""

    line_id: str
    entry_id: str
    status: str
    accounting_month: str
    accounting_date: str
    recorded_at: str
    obligation: Obligation
    booked_cents: int
    entitled_cents: int
    delta_cents: int
    reason: str
    rate_version: str
    corrects: str


@dataclass(frozen=True, slots=True)
class Balance:
    """One account. `amount_cents` is debits less credits."""

    account: str
    account_class: str
    kind: str
    program: str
    entity_id: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry as it touches one entity: what it earned, was paid, and what is then payable to it and owed by it."""

    accounting_date: str
    entry_id: str
    kind: str
    status: str
    note: str
    earned_cents: int
    paid_cents: int
    payable_cents: int
    receivable_cents: int


@dataclass(frozen=True)
class Statement:
    """The account of one entity in one program, from the first entry on. Posted rows carry running balances; pending rows stand apart."""

    program: str
    entity_id: str
    rows: tuple[StatementRow, ...]
    pending: tuple[StatementRow, ...]
    payable_cents: int
    receivable_cents: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `verify` found wrong. `seq` is the entry's place in the chain, 0 where the fault is not in an entry."""

    code: str
    seq: int
    entry_id: str
    message: str


@dataclass(frozen=True)
class Verification:
    """What `verify` found, the earliest entry first. `head_hash` is the recomputed head; note it elsewhere to detect a shortened ledger."""

    entry_count: int
    line_count: int
    head_hash: str
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings

    @property
    def first_bad(self) -> Finding | None:
        return self.findings[0] if self.findings else None
