"""What entities owe: the federal clock, age, recovery elsewhere, write-off, and practices that leave."""

from __future__ import annotations

from datetime import date

import pytest
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, amounts, at, book, month_rate, pay, post, proposal, savings, sound

from trueup.errors import Refused
from trueup.ledger.book import Ledger
from trueup.ledger.receivables import bucket, federal_due_date
from trueup.ledger.results import Receivable

DAY = date(2025, 5, 15)


@pytest.fixture
def owed(ledger: Ledger) -> Receivable:
    """E1 was paid 100.00 and keeps 40.00: it owes 60.00, discovered on 15 May 2025."""
    book(ledger, proposal("2025-04", savings("E1", 10_000)))
    pay(ledger, "2025-04", date(2025, 4, 30))
    book(ledger, proposal("2025-05", savings("E1", 4_000, reason="true_up")), minute=200, day=DAY)
    (found,) = ledger.receivables(DAY)
    return found


def test_a_receivable_says_when_it_was_discovered_and_until_when_the_federal_clock_runs(owed: Receivable) -> None:
    assert (owed.original_cents, owed.balance_cents, owed.entity_id) == (6_000, 6_000, "E1")
    assert (owed.discovery_date, owed.federal_due_date, owed.age_days, owed.bucket) == (DAY, date(2026, 5, 15), 0, "0-30")


@pytest.mark.parametrize(
    ("discovery", "due"),
    [(date(2025, 5, 15), date(2026, 5, 15)), (date(2024, 2, 29), date(2025, 2, 28)), (date(2023, 3, 1), date(2024, 3, 1))],
)
def test_the_federal_clock_is_one_year(discovery: date, due: date) -> None:
    assert federal_due_date(discovery) == due


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "91-180"), (180, "91-180"),
     (181, "181-365"), (365, "181-365"), (366, "over 365")],
)  # fmt: skip
def test_age_buckets(days: int, name: str) -> None:
    assert bucket(days) == name


def test_age_runs_and_a_day_before_discovery_knows_nothing(ledger: Ledger, owed: Receivable) -> None:
    assert [(r.age_days, r.bucket) for r in ledger.receivables(date(2026, 5, 16))] == [(366, "over 365")]
    assert ledger.receivables(date(2025, 5, 14)) == []


def test_a_pending_correction_is_no_receivable_yet(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", savings("E1", 10_000)))
    post(ledger, proposal("2025-05", savings("E1", 4_000)), minute=5)
    assert ledger.receivables(date(2025, 12, 31)) == []


def test_a_recovery_elsewhere_is_recorded_once_under_its_reference(ledger: Ledger, owed: Receivable) -> None:
    def record(cents: int, reference: str, minute: int) -> str:
        return ledger.offset(
            owed.receivable_id, cents, reference=reference, maker=MAKER, recorded_at=at(minute), accounting_date=DAY
        ).entry_id

    first = record(2_500, "ICN 77", 300)
    assert record(2_500, "ICN 77", 301) == first
    with pytest.raises(Refused, match=r"TRU-L025 .*25.00, not 26.00"):
        record(2_600, "ICN 77", 302)
    assert ledger.receivables(DAY)[0].balance_cents == 3_500  # pending counts, so that nothing is recovered twice
    ledger.approve(first, approver=CHECKER, recorded_at=at(303))
    assert amounts(ledger)[f"asset:receivable:provider:{PROGRAM}:E1"] == 3_500
    with pytest.raises(Refused, match=r"TRU-L023 35.01 .*balance is 35.00"):
        record(3_501, "ICN 78", 304)
    ledger.approve(record(3_500, "ICN 78", 305), approver=CHECKER, recorded_at=at(306))
    assert ledger.receivables(DAY) == []
    (done,) = ledger.receivables(DAY, open_only=False)
    assert (done.recovered_cents, done.balance_cents) == (6_000, 0)
    sound(ledger)


@pytest.mark.parametrize("cents", [0, -1, 6_001])
def test_an_offset_outside_the_balance_is_refused_and_nothing_is_written(ledger: Ledger, owed: Receivable, cents: int) -> None:
    head = ledger.head()
    with pytest.raises(Refused, match="TRU-L023"):
        ledger.offset(owed.receivable_id, cents, reference="x", maker=MAKER, recorded_at=at(300), accounting_date=DAY)
    assert ledger.head() == head


def test_offsets_that_name_nothing_are_refused(ledger: Ledger, owed: Receivable) -> None:
    with pytest.raises(Refused, match="TRU-L022"):
        ledger.offset("nothing", 1, reference="x", maker=MAKER, recorded_at=at(300), accounting_date=DAY)
    with pytest.raises(Refused, match="TRU-L025"):
        ledger.offset(owed.receivable_id, 1, reference=" ", maker=MAKER, recorded_at=at(300), accounting_date=DAY)
    with pytest.raises(Refused, match="TRU-L026"):
        ledger.offset(owed.receivable_id, 1, reference="x", maker=MAKER, recorded_at=at(300), accounting_date=date(2025, 5, 14))


def test_a_write_off_takes_a_reason_and_two_people(ledger: Ledger, owed: Receivable) -> None:
    def give_up(reason: str, minute: int) -> str:
        return ledger.write_off(owed.receivable_id, 6_000, reason=reason, maker=MAKER, recorded_at=at(minute), accounting_date=DAY).entry_id

    with pytest.raises(Refused, match="TRU-L009"):
        give_up("", 300)
    first = give_up("practice dissolved", 301)
    assert give_up("practice dissolved", 301) == first
    with pytest.raises(Refused, match="TRU-L023"):
        give_up("practice dissolved", 302)
    with pytest.raises(Refused, match="TRU-L014"):
        ledger.approve(first, approver=MAKER, recorded_at=at(303))
    ledger.void(first, actor=CHECKER, reason="keep trying", recorded_at=at(304))
    assert ledger.receivables(DAY)[0].balance_cents == 6_000
    ledger.approve(give_up("practice dissolved", 305), approver=CHECKER, recorded_at=at(306))
    assert amounts(ledger)[f"expense:write_off:{PROGRAM}"] == 6_000
    (done,) = ledger.receivables(DAY, open_only=False)
    assert (done.written_off_cents, done.recovered_cents, done.balance_cents) == (6_000, 0, 0)
    sound(ledger)


def test_a_practice_that_leaves_still_owes_and_is_still_paid(ledger: Ledger, owed: Receivable) -> None:
    book(ledger, proposal("2025-06", month_rate("E1", "2025-06", 10_000)), minute=300)
    post(ledger, proposal("2025-06", month_rate("E1", "2025-05", 700)), minute=310)
    gone = ledger.leave(PROGRAM, "E1", left_on=date(2025, 6, 30), actor=MAKER, recorded_at=at(320), successor="E9")
    assert (gone.payable_cents, gone.receivable_cents, gone.pending_cents) == (10_000, 6_000, 700)
    again = ledger.leave(PROGRAM, "E1", left_on=date(2025, 6, 30), actor=MAKER, recorded_at=at(321), successor="E9")
    assert again.entry_id == gone.entry_id
    assert [(r.has_left, r.balance_cents) for r in ledger.receivables(date(2025, 7, 1))] == [(True, 6_000)]
    (last,) = pay(ledger, "2025-06", date(2025, 6, 30), minute=330)
    assert (last.offset_cents, last.total_cents) == (6_000, 4_000)
    sound(ledger)


def test_a_statement_tells_what_was_earned_paid_due_and_owed(ledger: Ledger, owed: Receivable) -> None:
    post(ledger, proposal("2025-06", savings("E1", 9_000, reason="appeal")), minute=300)
    told = ledger.statement(PROGRAM, "E1")
    assert [(r.kind, r.earned_cents, r.paid_cents, r.payable_cents, r.receivable_cents) for r in told.rows] == [
        ("posting_set", 10_000, 0, 10_000, 0),
        ("remittance", 0, 10_000, 0, 0),
        ("confirmation", 0, 0, 0, 0),
        ("posting_set", -6_000, 0, 0, 6_000),
    ]
    assert [(r.earned_cents, r.status) for r in told.pending] == [(5_000, "pending")]
    assert (told.payable_cents, told.receivable_cents) == (0, 6_000)
