"""Short words for what tests do with a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count

from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor, Entitlement, Obligation, Proposal
from trueup.ledger.results import Posting, Remittance

MAKER, CHECKER, THIRD = Actor("Ana Maker"), Actor("Ben Checker"), Actor("Cy Third", is_verified=True)
PROGRAM = "case-program"
START = datetime(2025, 1, 2, 9, 0, tzinfo=UTC)
_RUNS = count(1)


def at(minute: int) -> datetime:
    """A moment: minutes after the first one."""
    return START + timedelta(minutes=minute)


def month_rate(entity: str, period: str, cents: int, member: str = "M1", reason: str = "cycle") -> Entitlement:
    return Entitlement(Obligation(PROGRAM, "case_rate", entity, period, member), cents, reason, "2025.1")


def savings(entity: str, cents: int, cohort: str = "all", reason: str = "settlement") -> Entitlement:
    return Entitlement(Obligation(PROGRAM, "shared_savings", entity, "PY2025", "", cohort), cents, reason)


def proposal(month: str, *entitlements: Entitlement, source: str = "", **more: object) -> Proposal:
    """A proposal of a run of its own, unless `source` names one."""
    return Proposal(PROGRAM, source or f"run{next(_RUNS)}", month, tuple(entitlements), **more)  # type: ignore[arg-type]


def post(ledger: Ledger, asked: Proposal, *, maker: Actor = MAKER, minute: int = 0, day: date | None = None) -> Posting:
    day = day or date(int(asked.accounting_month[:4]), int(asked.accounting_month[5:]), 15)
    return ledger.post(asked, maker=maker, recorded_at=at(minute), accounting_date=day)


def book(ledger: Ledger, asked: Proposal, *, minute: int = 0, day: date | None = None) -> Posting:
    """Post and approve."""
    done = post(ledger, asked, minute=minute, day=day)
    ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(minute + 1))
    return done


def remit(ledger: Ledger, month: str, day: date, *, minute: int = 100, program: str = PROGRAM) -> list[Remittance]:
    return ledger.remit(program, month, maker=MAKER, recorded_at=at(minute), payment_date=day)


def pay(ledger: Ledger, month: str, day: date, *, minute: int = 100) -> list[Remittance]:
    """Remit, approve and confirm."""
    paid = remit(ledger, month, day, minute=minute)
    for one in paid:
        ledger.approve(one.remittance_id, approver=CHECKER, recorded_at=at(minute + 1))
        ledger.confirm(one.remittance_id, actor=MAKER, recorded_at=at(minute + 2), accounting_date=day)
    return paid


def amounts(ledger: Ledger, **wanted: str) -> Mapping[str, int]:
    """Balances by account, those at zero left out."""
    return {b.account: b.amount_cents for b in ledger.balances(**wanted) if b.amount_cents}


def sound(ledger: Ledger) -> None:
    """The ledger verifies and its balances sum to zero."""
    found = ledger.verify()
    assert found.findings == ()
    assert found.head_hash == ledger.head()
    assert sum(amounts(ledger).values()) == 0
