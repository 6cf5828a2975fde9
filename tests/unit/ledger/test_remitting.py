"""Paying what is posted, less what is owed, each amount once."""

from __future__ import annotations

from datetime import date

import pytest
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, amounts, at, book, month_rate, pay, post, proposal, remit, savings, sound

from trueup.errors import Refused
from trueup.ledger.book import Ledger

APRIL, MAY, JUNE = date(2025, 4, 30), date(2025, 5, 30), date(2025, 6, 30)


def test_one_remittance_for_each_entity_with_all_it_pays(ledger: Ledger) -> None:
    rates = [month_rate("E1", "2025-04", 15_000, m) for m in ("M1", "M2")] + [month_rate("E2", "2025-04", 15_000, "M3")]
    done = book(ledger, proposal("2025-04", *rates))
    one, two = remit(ledger, "2025-04", APRIL)
    assert (one.entity_id, one.gross_cents, one.offset_cents, one.total_cents, one.status) == ("E1", 30_000, 0, 30_000, "pending")
    assert [(line.obligation.member_id, line.amount_cents, line.entry_id) for line in one.lines] == [
        ("M1", 15_000, done.posting_id),
        ("M2", 15_000, done.posting_id),
    ]
    assert (two.entity_id, two.total_cents, two.payment_date, two.month) == ("E2", 15_000, APRIL, "2025-04")
    for paid in (one, two):
        ledger.approve(paid.remittance_id, approver=CHECKER, recorded_at=at(101))
    assert amounts(ledger) == {f"expense:case_rate:{PROGRAM}": 45_000, f"clearing:in_transit:{PROGRAM}": -45_000}
    for paid in (one, two):
        ledger.confirm(paid.remittance_id, actor=MAKER, recorded_at=at(102), accounting_date=APRIL)
    assert amounts(ledger) == {f"expense:case_rate:{PROGRAM}": 45_000, f"asset:program_funds:{PROGRAM}": -45_000}
    sound(ledger)


def test_only_what_is_approved_and_of_the_month_is_paid(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    book(ledger, proposal("2025-05", month_rate("E1", "2025-05", 9_000)), minute=5)
    post(ledger, proposal("2025-04", savings("E1", 70_000)), minute=9)
    assert [r.total_cents for r in remit(ledger, "2025-04", MAY)] == [15_000]
    assert [r.total_cents for r in remit(ledger, "2025-05", MAY, minute=200)] == [9_000]


def test_nothing_is_paid_twice(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    (first,) = remit(ledger, "2025-04", APRIL)
    head = ledger.head()
    (resumed,) = remit(ledger, "2025-04", APRIL)
    (later,) = remit(ledger, "2025-04", APRIL, minute=500)
    assert (resumed.remittance_id, resumed.is_new) == (later.remittance_id, later.is_new) == (first.remittance_id, False)
    assert first.is_new
    assert remit(ledger, "2025-04", MAY, minute=600) == []
    assert ledger.head() == head


def test_what_was_voided_or_came_back_is_paid_anew(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    (voided,) = remit(ledger, "2025-04", APRIL)
    ledger.void(voided.remittance_id, actor=MAKER, reason="wrong day", recorded_at=at(101))
    (rejected,) = remit(ledger, "2025-04", APRIL, minute=102)
    ledger.approve(rejected.remittance_id, approver=CHECKER, recorded_at=at(103))
    ledger.reject(rejected.remittance_id, actor=MAKER, reason="account closed", recorded_at=at(104), accounting_date=APRIL)
    assert amounts(ledger) == {f"expense:case_rate:{PROGRAM}": 15_000, f"liability:provider:{PROGRAM}:E1": -15_000}
    (again,) = pay(ledger, "2025-04", MAY, minute=105)
    assert len({voided.remittance_id, rejected.remittance_id, again.remittance_id}) == 3
    assert [r.status for r in ledger.remittances()] == ["voided", "rejected", "confirmed"]
    sound(ledger)


def test_what_is_owed_is_offset_oldest_first_and_never_beyond_the_payment(ledger: Ledger) -> None:
    paid = [month_rate("E1", f"2025-0{n}", 10_000, f"M{n}") for n in (1, 2)]
    book(ledger, proposal("2025-04", *paid))
    pay(ledger, "2025-04", APRIL)
    book(ledger, proposal("2025-05", month_rate("E1", "2025-01", 0, "M1", "void")), minute=200, day=date(2025, 5, 3))
    book(ledger, proposal("2025-05", month_rate("E1", "2025-02", 4_000, "M2", "void")), minute=210, day=date(2025, 5, 9))
    book(ledger, proposal("2025-05", month_rate("E1", "2025-05", 12_000, "M5")), minute=220)
    (kept,) = pay(ledger, "2025-05", MAY, minute=230)
    assert (kept.gross_cents, [o.amount_cents for o in kept.offsets], kept.total_cents) == (12_000, [10_000, 2_000], 0)
    (left,) = ledger.receivables(MAY)
    assert (left.original_cents, left.recovered_cents, left.balance_cents, left.discovery_date) == (6_000, 2_000, 4_000, date(2025, 5, 9))
    book(ledger, proposal("2025-06", month_rate("E1", "2025-06", 12_000, "M6")), minute=240)
    (last,) = pay(ledger, "2025-06", JUNE, minute=250)
    assert (last.offset_cents, last.total_cents) == (4_000, 8_000)
    assert ledger.receivables(JUNE) == []
    assert amounts(ledger) == {f"expense:case_rate:{PROGRAM}": 28_000, f"asset:program_funds:{PROGRAM}": -28_000}
    sound(ledger)


def test_a_set_that_nets_to_zero_rides_with_the_next_payment(ledger: Ledger) -> None:
    """A month moves from one member's claim to another's: nothing to pay, but the practice sees both lines."""
    book(ledger, proposal("2025-04", month_rate("E1", "2025-03", 10_000, "M1")))
    pay(ledger, "2025-04", APRIL)
    moved = [month_rate("E1", "2025-03", 0, "M1", "attribution"), month_rate("E1", "2025-03", 10_000, "M2", "attribution")]
    book(ledger, proposal("2025-05", *moved), minute=200)
    assert remit(ledger, "2025-05", MAY, minute=205) == []
    book(ledger, proposal("2025-06", month_rate("E1", "2025-06", 10_000, "M2")), minute=210)
    (paid,) = remit(ledger, "2025-06", JUNE, minute=220)
    assert [line.amount_cents for line in paid.lines] == [-10_000, 10_000, 10_000]
    assert paid.total_cents == 10_000
    sound(ledger)


def test_a_program_does_not_pay_with_the_receivable_of_another(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", savings("E1", -5_000)))
    other = "other-program"
    paid = proposal("2025-04", month_rate("E1", "2025-04", 9_000))
    moved = type(paid)(other, "run", "2025-04", tuple(_of(other, e) for e in paid.entitlements))
    book(ledger, moved, minute=5)
    assert [r.total_cents for r in remit(ledger, "2025-04", APRIL, program=other)] == [9_000]


def _of(program: str, e: object) -> object:
    from dataclasses import replace

    return replace(e, obligation=replace(e.obligation, program=program))  # type: ignore[type-var, attr-defined]


def test_an_outcome_needs_an_approved_remittance_and_comes_once(ledger: Ledger) -> None:
    done = book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    (paid,) = remit(ledger, "2025-04", APRIL)
    for wrong in (done.posting_id, paid.remittance_id):
        with pytest.raises(Refused, match="TRU-L027"):
            ledger.confirm(wrong, actor=MAKER, recorded_at=at(101), accounting_date=APRIL)
    ledger.approve(paid.remittance_id, approver=CHECKER, recorded_at=at(102))
    assert ledger.confirm(paid.remittance_id, actor=MAKER, recorded_at=at(103), accounting_date=APRIL).is_new
    assert ledger.confirm(paid.remittance_id, actor=MAKER, recorded_at=at(104), accounting_date=APRIL).is_new is False
    with pytest.raises(Refused, match="TRU-L027"):
        ledger.reject(paid.remittance_id, actor=MAKER, reason="x", recorded_at=at(105), accounting_date=APRIL)


def test_a_payment_into_a_closed_month_is_refused(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(9))
    with pytest.raises(Refused, match="TRU-L012"):
        remit(ledger, "2025-04", APRIL)
    assert [r.total_cents for r in remit(ledger, "2025-04", date(2025, 5, 2))] == [15_000]
