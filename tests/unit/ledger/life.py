"""A year in the life of a small ledger, with fixed moments, so that it can be run again from the start after it was killed anywhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from unit.ledger.acts import CHECKER, MAKER, PROGRAM, at, month_rate, savings

from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Entitlement, Proposal

APRIL, MAY, JUNE = date(2025, 4, 30), date(2025, 5, 30), date(2025, 6, 30)


def _run(source: str, month: str, *entitlements: Entitlement) -> Proposal:
    complete = ("case_rate",) if any(e.obligation.purpose == "case_rate" for e in entitlements) else ()
    return Proposal(PROGRAM, source, month, entitlements, complete_for=complete)


APRIL_RATES = (month_rate("E1", "2025-04", 15_000), month_rate("E2", "2025-04", 15_000))
MAY_RATES = (month_rate("E1", "2025-04", 10_000, reason="void"), month_rate("E2", "2025-04", 15_000))


def live(ledger: Ledger, folder: Path) -> None:
    """Post, approve, pay, correct, recover, close, reopen and export. Every act is the same whenever it is repeated."""
    cycle(ledger, _run("april", "2025-04", *APRIL_RATES), "2025-04", APRIL, 0)
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(90))
    cycle(ledger, _run("may", "2025-05", *MAY_RATES), "2025-05", MAY, 100)
    wrong = ledger.post(_run("oops", "2025-05", savings("E2", 1)), maker=MAKER, recorded_at=at(190), accounting_date=MAY)
    ledger.void(wrong.posting_id, actor=CHECKER, reason="wrong period", recorded_at=at(191))
    cycle(ledger, _run("year", "2025-06", savings("E1", 45_000), savings("E2", -9_000)), "2025-06", JUNE, 200)
    (owed,) = ledger.receivables(JUNE, entity_id="E2", open_only=False)
    kept = ledger.offset(owed.receivable_id, 2_000, reference="ICN 9", maker=MAKER, recorded_at=at(290), accounting_date=JUNE)
    lost = ledger.write_off(owed.receivable_id, 1_000, reason="small", maker=MAKER, recorded_at=at(291), accounting_date=JUNE)
    ledger.approve_all([kept.entry_id, lost.entry_id], approver=CHECKER, recorded_at=at(292))
    ledger.close_month("2025-05", actor=CHECKER, recorded_at=at(293))
    ledger.reopen_month("2025-05", "late file", actor=CHECKER, recorded_at=at(294))
    ledger.export_hledger(folder / "ledger.journal")
    ledger.export_beancount(folder / "ledger.beancount")


def cycle(ledger: Ledger, asked: Proposal, month: str, day: date, minute: int) -> None:
    done = ledger.post(asked, maker=MAKER, recorded_at=at(minute), accounting_date=day)
    ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(minute + 1))
    paid = ledger.remit(PROGRAM, month, maker=MAKER, recorded_at=at(minute + 2), payment_date=day)
    ids = [one.remittance_id for one in paid]
    ledger.approve_all(ids, approver=CHECKER, recorded_at=at(minute + 3))
    for remittance_id in ids:
        ledger.confirm(remittance_id, actor=MAKER, recorded_at=at(minute + 4), accounting_date=day)
