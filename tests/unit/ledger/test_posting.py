"""Posting proposals: only differences, once, in pending sets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from unit.ledger.acts import CHECKER, MAKER, PROGRAM, amounts, at, book, month_rate, post, proposal, savings, sound

from trueup.errors import Refused, TrueupError, UsageError
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor, Entitlement, Obligation, Proposal


def test_a_first_post_books_what_is_stated(ledger: Ledger) -> None:
    asked = proposal("2025-04", month_rate("E1", "2025-04", 15_000), month_rate("E2", "2025-04", 15_000), gate="volume 30 of 30")
    done = book(ledger, asked)
    assert (done.is_new, done.status, done.plan.total_cents) == (True, "pending", 30_000)
    assert amounts(ledger) == {
        f"expense:case_rate:{PROGRAM}": 30_000,
        f"liability:provider:{PROGRAM}:E1": -15_000,
        f"liability:provider:{PROGRAM}:E2": -15_000,
    }
    (entry,) = ledger.entries(kind="posting_set")
    assert (entry.gate, entry.source, entry.approver, entry.status) == ("volume 30 of 30", asked.source, CHECKER.name, "posted")
    sound(ledger)


def test_pending_sets_are_not_posted_but_count_for_planning(ledger: Ledger) -> None:
    first = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    again = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)), minute=5)
    assert (again.posting_id, again.is_new, again.plan.lines) == (first.posting_id, False, ())
    assert amounts(ledger) == {}
    assert sum(c for a, c in amounts(ledger, status="live").items() if a.startswith("liability")) == -15_000


def test_the_same_run_posted_again_posts_nothing_and_returns_the_first_ids(ledger: Ledger) -> None:
    asked = proposal("2025-04", month_rate("E1", "2025-04", 15_000))
    first = book(ledger, asked)
    head = ledger.head()
    again = post(ledger, asked, minute=50)
    assert (again.posting_id, again.ids, again.is_new, again.status) == (first.posting_id, first.ids, False, "posted")
    assert ledger.head() == head


def test_an_older_run_posted_again_does_not_undo_a_newer_one(ledger: Ledger) -> None:
    older, newer = (proposal("2025-04", month_rate("E1", "2025-04", cents)) for cents in (15_000, 9_000))
    first = book(ledger, older)
    book(ledger, newer, minute=5)
    again = post(ledger, older, minute=9)
    assert (again.posting_id, again.is_new) == (first.posting_id, False)
    assert ledger.plan(proposal("2025-04", month_rate("E1", "2025-04", 9_000))).lines == ()


def test_a_run_that_knows_less_than_what_is_booked_is_refused(ledger: Ledger) -> None:
    book(ledger, proposal("2025-05", month_rate("E1", "2025-04", 9_000), as_of="2025-05-31"))
    stale = proposal("2025-05", month_rate("E1", "2025-04", 15_000), as_of="2025-04-30")
    with pytest.raises(Refused, match="TRU-L011"):
        post(ledger, stale)
    assert ledger.plan(proposal("2025-05", month_rate("E1", "2025-04", 9_000), as_of="2025-04-30")).lines == ()
    other = proposal("2025-05", savings("E1", 100), as_of="2025-04-30")  # another purpose has its own knowledge
    assert post(ledger, other).is_new


def test_a_late_claim_posts_the_difference_and_names_what_it_corrects(ledger: Ledger) -> None:
    """T-01: +18,000.00, then −1,000.00 for a late line, then +1,000.00 when it is void. Three entries; the first is untouched."""
    first = book(ledger, proposal("2026-04", savings("E1", 1_800_000)))
    stands = ledger.lines(entry_id=first.posting_id)
    assert book(ledger, proposal("2026-07", savings("E1", 1_800_000)), minute=10).is_new is False  # an excluded line changes nothing
    book(ledger, proposal("2026-07", savings("E1", 1_700_000, reason="late_claim")), minute=20)
    book(ledger, proposal("2026-08", savings("E1", 1_800_000, reason="void")), minute=30)
    booked = ledger.lines()
    assert [line.delta_cents for line in booked] == [1_800_000, -100_000, 100_000]
    assert [line.reason for line in booked] == ["settlement", "late_claim", "void"]
    assert [line.corrects for line in booked] == ["", booked[0].line_id, booked[1].line_id]
    assert ledger.lines(entry_id=first.posting_id) == stands
    sound(ledger)


def test_what_a_complete_run_no_longer_lists_goes_to_zero(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000), savings("E1", 700)))
    gone = proposal("2025-05", month_rate("E2", "2025-04", 15_000), complete_for=("case_rate",))
    plan = ledger.plan(gone)
    assert [(x.obligation.entity_id, x.booked_cents, x.entitled_cents, x.reason) for x in plan.lines] == [
        ("E1", 15_000, 0, "no_longer_entitled"),
        ("E2", 0, 15_000, "cycle"),
    ]
    assert plan.totals == {("E1", "case_rate"): -15_000, ("E2", "case_rate"): 15_000}


def test_held_obligations_do_not_change(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000), savings("E1", 700)))
    held = (month_rate("E1", "2025-04", 1).obligation, savings("E1", 1).obligation)
    assert ledger.plan(proposal("2025-05", held=held, complete_for=("case_rate", "shared_savings"))).lines == ()


def test_a_voided_set_does_not_count_and_can_be_posted_again(ledger: Ledger) -> None:
    asked = proposal("2025-04", month_rate("E1", "2025-04", 15_000))
    first = post(ledger, asked)
    ledger.void(first.posting_id, actor=MAKER, reason="wrong gate", recorded_at=at(3))
    assert amounts(ledger, status="live") == {}
    resumed = post(ledger, asked)  # the very attempt that wrote the voided set: it is not posted behind the back of who voided it
    assert (resumed.posting_id, resumed.status, resumed.is_new) == (first.posting_id, "voided", False)
    second = post(ledger, asked, minute=4)
    assert second.is_new
    assert second.posting_id != first.posting_id
    sound(ledger)


def test_an_upside_only_settlement_is_never_below_zero_in_all(ledger: Ledger) -> None:
    book(ledger, proposal("2026-04", savings("E1", 500_00, "a"), savings("E1", 100_00, "b"), upside_only=True))
    with pytest.raises(Refused, match=r"TRU-L010 .*E1, PY2025, comes to -0.01"):
        post(ledger, proposal("2026-07", savings("E1", 500_00, "a"), savings("E1", -500_01, "b"), upside_only=True))
    down = proposal("2026-07", savings("E1", 500_00, "a"), savings("E1", -500_00, "b"), upside_only=True)
    assert book(ledger, down, minute=5).plan.total_cents == -600_00
    two_sided = proposal("2026-07", savings("E2", -500_00))
    assert book(ledger, two_sided, minute=9).is_new
    sound(ledger)


def test_case_rates_of_an_upside_only_program_may_debit(ledger: Ledger) -> None:
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000), upside_only=True))
    book(ledger, proposal("2025-05", month_rate("E1", "2025-04", 0, reason="loss"), upside_only=True), minute=5)
    assert amounts(ledger)[f"asset:receivable:provider:{PROGRAM}:E1"] == 15_000


def test_the_day_must_lie_in_the_month(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="TRU-L013"):
        post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 1)), day=date(2025, 5, 1))
    assert ledger.entries() == []


def test_the_moment_is_kept_in_utc_and_needs_a_zone(sqlite_ledger: Ledger) -> None:
    asked, day = proposal("2025-04", month_rate("E1", "2025-04", 1)), date(2025, 4, 15)
    with pytest.raises(UsageError, match="TRU-L008"):
        sqlite_ledger.post(asked, maker=MAKER, recorded_at=datetime(2025, 4, 15, 9, 0), accounting_date=day)  # noqa: DTZ001
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    sqlite_ledger.post(asked, maker=MAKER, recorded_at=datetime(2025, 4, 15, 9, 0, tzinfo=kathmandu), accounting_date=day)
    assert sqlite_ledger.entries()[0].recorded_at == datetime(2025, 4, 15, 3, 15, tzinfo=UTC).isoformat()


def test_databases_agree_on_the_head(sqlite_ledger: Ledger, ledger: Ledger) -> None:
    for one in (sqlite_ledger, ledger):
        book(one, Proposal(PROGRAM, "run", "2025-04", (month_rate("É-1", "2025-04", 15_000, "中"),)))
    assert sqlite_ledger.head() == ledger.head() != ""


def test_the_order_in_which_a_run_lists_its_amounts_does_not_show(sqlite_ledger: Ledger, ledger: Ledger) -> None:
    listed = tuple(month_rate(f"E{n}", "2025-04", 100 + n) for n in range(9))
    for one, order in ((sqlite_ledger, listed), (ledger, listed[::-1])):
        post(one, Proposal(PROGRAM, "run", "2025-04", order))
    assert sqlite_ledger.head() == ledger.head()


GOOD = Obligation(PROGRAM, "case_rate", "E1", "2025-04")


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("TRU-L001", lambda: Obligation(PROGRAM, "bonus", "E1", "2025-04")),
        ("TRU-L001", lambda: Obligation(PROGRAM, "case_rate", " ", "2025-04")),
        ("TRU-L001", lambda: Obligation(PROGRAM, "case_rate", "E\x001", "2025-04")),
        ("TRU-L001", lambda: Proposal(PROGRAM, "run", "2025-04", (), complete_for=("everything",))),
        ("TRU-L002", lambda: Entitlement(GOOD, 1.5, "cycle")),  # type: ignore[arg-type]
        ("TRU-L002", lambda: Entitlement(GOOD, True, "cycle")),
        ("TRU-L002", lambda: Entitlement(GOOD, 10**15 + 1, "cycle")),
        ("TRU-L003", lambda: Entitlement(GOOD, -1, "cycle")),
        ("TRU-L004", lambda: Entitlement(GOOD, 1, "Because!")),
        ("TRU-L005", lambda: Proposal(PROGRAM, "run", "2025-04", (Entitlement(GOOD, 1, "cycle"), Entitlement(GOOD, 2, "cycle")))),
        ("TRU-L005", lambda: Proposal(PROGRAM, "run", "2025-04", (Entitlement(GOOD, 1, "cycle"),), held=(GOOD,))),
        ("TRU-L005", lambda: Proposal("another", "run", "2025-04", (Entitlement(GOOD, 1, "cycle"),))),
        ("TRU-L006", lambda: Actor("  ")),
    ],
)
def test_what_cannot_be_stated_is_refused(code: str, wrong: object) -> None:
    with pytest.raises(TrueupError, match=code):
        wrong()  # type: ignore[operator]


def test_a_month_is_written_like_a_month(sqlite_ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="TRU-L007"):
        sqlite_ledger.plan(proposal("2025-4", month_rate("E1", "2025-04", 1)))
