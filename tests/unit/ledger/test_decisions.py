"""Two people: what is proposed counts only when another person approves it."""

from __future__ import annotations

import pytest
from unit.ledger.acts import CHECKER, MAKER, THIRD, amounts, at, book, month_rate, post, proposal, sound

from trueup.errors import Refused
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor


@pytest.mark.parametrize("name", ["Ana Maker", "ana maker", "ANA  MAKER ", "\uff21na Maker"])
def test_the_maker_does_not_approve_however_the_name_is_spelled(ledger: Ledger, name: str) -> None:
    done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    with pytest.raises(Refused, match="TRU-L014"):
        ledger.approve(done.posting_id, approver=Actor(name, is_verified=True), recorded_at=at(1))
    assert amounts(ledger) == {}
    assert len(ledger.entries()) == 1


def test_approving_again_changes_nothing_and_another_approver_is_told(ledger: Ledger) -> None:
    done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    first = ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(1))
    head = ledger.head()
    again = ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(2))
    assert (again.entry_id, again.is_new, first.is_new) == (first.entry_id, False, True)
    with pytest.raises(Refused, match=r"TRU-L016 .*approved by Ben Checker already"):
        ledger.approve(done.posting_id, approver=THIRD, recorded_at=at(3))
    with pytest.raises(Refused, match=r"TRU-L016 .*approved by Ben Checker already"):
        ledger.void(done.posting_id, actor=THIRD, reason="too late", recorded_at=at(3))
    assert ledger.head() == head


def test_voiding_needs_a_reason_and_is_final(ledger: Ledger) -> None:
    done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    with pytest.raises(Refused, match="TRU-L009"):
        ledger.void(done.posting_id, actor=MAKER, reason=" ", recorded_at=at(1))
    ledger.void(done.posting_id, actor=MAKER, reason="wrong price set", recorded_at=at(1))
    assert ledger.void(done.posting_id, actor=MAKER, reason="wrong price set", recorded_at=at(2)).is_new is False
    with pytest.raises(Refused, match=r"TRU-L016 .*voided by Ana Maker already"):
        ledger.approve(done.posting_id, approver=CHECKER, recorded_at=at(3))
    sound(ledger)


def test_sets_that_build_on_each_other_are_approved_in_order_and_voided_in_reverse(ledger: Ledger) -> None:
    first = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    second = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 9_000)), minute=1)
    elsewhere = post(ledger, proposal("2025-04", month_rate("E2", "2025-04", 9_000)), minute=2)
    with pytest.raises(Refused, match=rf"TRU-L020 .*{first.posting_id}"):
        ledger.approve(second.posting_id, approver=CHECKER, recorded_at=at(3))
    with pytest.raises(Refused, match=rf"TRU-L021 .*{second.posting_id}"):
        ledger.void(first.posting_id, actor=MAKER, reason="x", recorded_at=at(3))
    ledger.approve(elsewhere.posting_id, approver=CHECKER, recorded_at=at(4))
    ledger.void(second.posting_id, actor=MAKER, reason="x", recorded_at=at(5))
    ledger.approve(first.posting_id, approver=CHECKER, recorded_at=at(6))
    assert {line.delta_cents for line in ledger.lines(entity_id="E1")} == {15_000}
    sound(ledger)


def test_several_are_approved_together_or_not_at_all(ledger: Ledger) -> None:
    first = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    second = post(ledger, proposal("2025-04", month_rate("E2", "2025-04", 15_000)), maker=CHECKER, minute=1)
    with pytest.raises(Refused, match="TRU-L014"):
        ledger.approve_all([first.posting_id, second.posting_id], approver=CHECKER, recorded_at=at(2))
    assert amounts(ledger) == {}
    done = ledger.approve_all([first.posting_id, second.posting_id], approver=THIRD, recorded_at=at(3))
    assert [d.is_new for d in done] == [True, True]
    sound(ledger)


def test_only_what_waits_takes_a_decision(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="TRU-L015"):
        ledger.approve("nothing", approver=CHECKER, recorded_at=at(1))
    book(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    (approval,) = ledger.entries(kind="approval")
    with pytest.raises(Refused, match=r"TRU-L016 .*is a approval|TRU-L016 .*is an approval"):
        ledger.void(approval.entry_id, actor=MAKER, reason="x", recorded_at=at(2))


def test_whether_a_sign_on_vouched_for_a_person_is_kept(ledger: Ledger) -> None:
    done = post(ledger, proposal("2025-04", month_rate("E1", "2025-04", 15_000)))
    ledger.approve(done.posting_id, approver=THIRD, recorded_at=at(1))
    assert [(e.actor, e.is_verified) for e in ledger.entries()] == [("Ana Maker", False), ("Cy Third", True)]
