"""Months close in order, take nothing once closed, and are reopened from the last one back, for a reason."""

from __future__ import annotations

from datetime import date

import pytest
from unit.ledger.acts import CHECKER, MAKER, at, book, month_rate, post, proposal, remit, sound

from trueup.errors import Refused
from trueup.ledger.book import Ledger


def test_a_closed_month_takes_no_posting_and_the_next_one_does(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(5))
    assert (ledger.is_closed("2025-03"), ledger.is_closed("2025-04"), ledger.is_closed("2025-05")) == (True, True, False)
    late = month_rate("E1", "2025-04", 9_000, reason="late_claim")
    with pytest.raises(Refused, match="TRU-L012"):
        post(ledger, proposal("2025-04", late), minute=6)
    assert book(ledger, proposal("2025-05", late), minute=7).is_new
    assert [(line.obligation.period, line.accounting_month) for line in ledger.lines()] == [("2025-04", "2025-04"), ("2025-04", "2025-05")]
    sound(ledger)


def test_a_replay_into_a_closed_month_still_finds_the_first_set(ledger: Ledger) -> None:
    asked = proposal("2025-04", month_rate("E1", "2025-04", 15_000))
    first = book(ledger, asked)
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(5))
    assert post(ledger, asked, minute=9).posting_id == first.posting_id


def test_months_close_in_order(ledger: Ledger) -> None:
    book(ledger, proposal("2025-12", month_rate("E1", "2025-12", 1)))
    with pytest.raises(Refused, match=r"TRU-L017 .*Close 2025-12 first"):
        ledger.close_month("2026-01", actor=CHECKER, recorded_at=at(5))
    ledger.close_month("2025-12", actor=CHECKER, recorded_at=at(6))
    with pytest.raises(Refused, match=r"TRU-L017 .*Close 2026-01 first"):
        ledger.close_month("2026-02", actor=CHECKER, recorded_at=at(7))
    ledger.close_month("2026-01", actor=CHECKER, recorded_at=at(8))
    assert ledger.closed_through() == "2026-01"
    assert ledger.close_month("2025-12", actor=CHECKER, recorded_at=at(9)).is_new is False
    sound(ledger)


def test_a_month_with_pending_entries_does_not_close(ledger: Ledger) -> None:
    done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 1)))
    with pytest.raises(Refused, match=rf"TRU-L018 .*posting_set {done.posting_id}"):
        ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(1))
    ledger.void(done.posting_id, actor=MAKER, reason="not yet", recorded_at=at(2))
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(3))
    sound(ledger)


def test_a_month_with_money_on_its_way_does_not_close(ledger: Ledger) -> None:
    """The money may arrive in the next month; what entered in this one must have left."""
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    (paid,) = remit(ledger, "2025-04", date(2025, 4, 30))
    ledger.approve(paid.remittance_id, approver=CHECKER, recorded_at=at(101))
    with pytest.raises(Refused, match=r"TRU-L019 clearing:in_transit:case-program is at -150.00"):
        ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(102))
    ledger.confirm(paid.remittance_id, actor=MAKER, recorded_at=at(103), accounting_date=date(2025, 5, 2))
    ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(104))
    sound(ledger)


def test_reopening_needs_a_reason_and_goes_back_from_the_last(ledger: Ledger) -> None:
    for number, month in enumerate(("2025-04", "2025-05")):
        ledger.close_month(month, actor=CHECKER, recorded_at=at(number))
    with pytest.raises(Refused, match="TRU-L009"):
        ledger.reopen_month("2025-05", "", actor=CHECKER, recorded_at=at(3))
    with pytest.raises(Refused, match=r"TRU-L024 .*closed through 2025-05"):
        ledger.reopen_month("2025-04", "wrong rate", actor=CHECKER, recorded_at=at(3))
    ledger.reopen_month("2025-05", "wrong rate", actor=CHECKER, recorded_at=at(4))
    assert ledger.closed_through() == "2025-04"
    book(ledger, proposal("2025-05", month_rate("E1", "2025-05", 1)), minute=5)
    ledger.close_month("2025-05", actor=CHECKER, recorded_at=at(7))
    assert [(e.kind, e.reason) for e in ledger.entries() if e.kind in ("close", "reopen")] == [
        ("close", ""),
        ("close", ""),
        ("reopen", "wrong rate"),
        ("close", ""),
    ]
    sound(ledger)


def test_resumed_acts_find_what_they_wrote(ledger: Ledger) -> None:
    """Close, reopen, close, with the moments of the first time: nothing is closed or reopened again."""
    acts = [
        lambda: ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(1)),
        lambda: ledger.reopen_month("2025-04", "late file", actor=CHECKER, recorded_at=at(2)),
        lambda: ledger.close_month("2025-04", actor=CHECKER, recorded_at=at(3)),
    ]
    first = [act() for act in acts]
    head = ledger.head()
    again = [act() for act in acts]
    assert [a.entry_id for a in again] == [f.entry_id for f in first]
    assert (ledger.head(), ledger.closed_through()) == (head, "2025-04")
