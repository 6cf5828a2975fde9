"""Short words for what tests of disputes do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from trueup.ledger.book import Ledger
from trueup.ledger.dispute_cases import Claim, Dispute, Evidence
from trueup.ledger.dispute_clock import Terms
from trueup.ledger.obligations import Actor, Entitlement, Obligation, Proposal

MAKER, CHECKER = Actor("Ana Maker"), Actor("Ben Checker")
PRACTICE, CLERK, JUDGE = Actor("Pia Practice"), Actor("Cleo Clerk"), Actor("Jo Judge")
PROGRAM, PERIOD = "case-program", "PY2"
APPROVED = date(2023, 1, 20)
TERMS = Terms("loss", "1", "settlement", "any", 30, 60, "escalated", True, "assumption (test)")
LINE = Evidence("the newborn's claim is not hers to answer for", claim_id="C1", claim_line_number=2)
_RUNS = count(1)


def on(day: date, minute: int = 0) -> datetime:
    """A moment of a day."""
    return datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC) + timedelta(minutes=minute)


def after(days: int, since: date = APPROVED) -> date:
    return since + timedelta(days=days)


def settle(
    ledger: Ledger,
    amounts: dict[tuple[str, str], int],
    *,
    day: date = APPROVED,
    period: str = PERIOD,
    program: str = PROGRAM,
    source: str = "",
    approve: bool = True,
) -> str:
    """Post and approve the cumulative settlement of (entity, cohort), and return the posting set."""
    stated = tuple(
        Entitlement(Obligation(program, "shared_savings", entity, period, "", cohort), cents, "settlement")
        for (entity, cohort), cents in amounts.items()
    )
    asked = Proposal(program, source or f"run{next(_RUNS)}", f"{day:%Y-%m}", stated)
    done = ledger.post(asked, maker=MAKER, recorded_at=on(day), accounting_date=day)
    if approve:
        ledger.approve(done.posting_id, approver=CHECKER, recorded_at=on(day, 5))
    return done.posting_id


def claim(entity: str = "E1", *, day: date | None = None, **more: Any) -> Claim:
    fields: dict[str, Any] = {"program": PROGRAM, "entity_id": entity, "period": PERIOD, "claim": "two episodes are not ours"}
    fields |= {"raised_by": PRACTICE.name, "raised_on": day or after(10), "evidence": (LINE,)}
    return Claim(**{**fields, **more})


def raised(ledger: Ledger, asked: Claim | None = None, terms: Terms = TERMS) -> str:
    asked = asked or claim()
    return ledger.raise_dispute(asked, terms, actor=CLERK, recorded_at=on(asked.raised_on)).entry_id


def decided(ledger: Ledger, known: str, outcome: str, *, day: date | None = None, actor: Actor = JUDGE) -> str:
    day = day or after(20)
    reason = f"the file shows that it is {outcome}"
    return ledger.decide_dispute(known, outcome, reason=reason, day=day, actor=actor, recorded_at=on(day)).entry_id


def paid(ledger: Ledger, month: str, day: date, program: str = PROGRAM) -> dict[str, tuple[int, int, int]]:
    """Remit and approve: gross, offset and total by entity."""
    made = ledger.remit(program, month, maker=MAKER, recorded_at=on(day, 30), payment_date=day)
    for one in made:
        if one.status == "pending":
            ledger.approve(one.remittance_id, approver=CHECKER, recorded_at=on(day, 31))
    return {r.entity_id: (r.gross_cents, r.offset_cents, r.total_cents) for r in made}


def owed(ledger: Ledger, program: str = PROGRAM) -> dict[str, int]:
    return {r.entity_id: r.balance_cents for r in ledger.receivables(date(2030, 1, 1), program=program)}


def stands(ledger: Ledger, known: str) -> Dispute:
    """The dispute as it stands, in a ledger that verifies."""
    found = ledger.verify()
    assert found.findings == ()
    assert found.head_hash == ledger.head()
    return ledger.dispute(known)
