"""What a dispute holds: no booking of it changes, nothing of it is paid or recouped, and everything else goes on."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.ledger.acts import amounts
from unit.ledger.disputing import (
    CHECKER,
    CLERK,
    MAKER,
    PERIOD,
    PROGRAM,
    TERMS,
    after,
    claim,
    decided,
    on,
    owed,
    paid,
    raised,
    settle,
    stands,
)

from trueup.errors import Refused
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Entitlement, Obligation, Proposal

FEBRUARY = date(2023, 2, 28)


def due(entity: str, cents: int, cohort: str = "all") -> Entitlement:
    return Entitlement(Obligation(PROGRAM, "shared_savings", entity, PERIOD, "", cohort), cents, "true_up")


def asked(*stated: Entitlement, complete: bool = False, source: str = "r9") -> Proposal:
    return Proposal(PROGRAM, source, "2023-02", stated, complete_for=("shared_savings",) if complete else ())


def test_a_proposal_leaves_out_what_is_held_and_the_same_run_posts_it_later(ledger: Ledger) -> None:
    """The true-up of E1 waits for the decision; E2's is posted now; the same run posted again afterwards adds E1's, once."""
    settle(ledger, {("E1", "all"): 5_000, ("E2", "all"): 700})
    known = raised(ledger)
    run = asked(due("E1", 4_000), due("E2", 900))
    plan = ledger.plan(run)
    assert [(line.obligation.entity_id, line.delta_cents) for line in plan.lines] == [("E2", 200)]
    assert [o.entity_id for o in plan.disputed] == ["E1"]

    def post(day: date) -> tuple[bool, list[tuple[str, int]], int]:
        done = ledger.post(run, maker=MAKER, recorded_at=on(day), accounting_date=FEBRUARY)
        if done.is_new:
            ledger.approve(done.posting_id, approver=CHECKER, recorded_at=on(day, 1))
        lines = [(line.obligation.entity_id, line.delta_cents) for line in done.plan.lines]
        return done.is_new, lines, len(done.plan.disputed)

    assert post(after(15)) == (True, [("E2", 200)], 1)
    assert post(after(16)) == (False, [], 1)
    decided(ledger, known, "denied")
    assert post(after(21)) == (True, [("E1", -1_000)], 0)
    assert post(after(22)) == (False, [], 0)
    stands(ledger, known)


def test_what_a_complete_run_does_not_list_is_held_too(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000, ("E2", "all"): 700})
    raised(sqlite_ledger)
    plan = sqlite_ledger.plan(asked(complete=True))
    assert [(line.obligation.entity_id, line.delta_cents) for line in plan.lines] == [("E2", -700)]
    assert [o.entity_id for o in plan.disputed] == ["E1"]


def test_a_run_may_hold_by_itself_what_is_disputed(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    raised(sqlite_ledger)
    own = replace(asked(due("E2", 5)), held=(due("E1", 0).obligation,))
    plan = sqlite_ledger.plan(own)
    assert ([line.delta_cents for line in plan.lines], plan.disputed) == ([5], ())


def test_only_the_cohort_that_is_named_keeps_its_bookings(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "a"): 5_000, ("E1", "b"): 3_000})
    raised(sqlite_ledger, claim(cohort="a"))
    plan = sqlite_ledger.plan(asked(due("E1", 1, "a"), due("E1", 2, "b")))
    assert [(line.obligation.cohort, line.delta_cents) for line in plan.lines] == [("b", -2_998)]


@pytest.mark.parametrize("holds", [True, False])
def test_money_waits_only_where_the_rule_says_so(sqlite_ledger: Ledger, holds: bool) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000, ("E2", "all"): -700})
    settle(sqlite_ledger, {("E2", "all"): 900}, period="PY1")
    terms = replace(TERMS, holds_payment=holds)
    for entity in ("E1", "E2"):
        raised(sqlite_ledger, claim(entity), terms)
    now = paid(sqlite_ledger, "2023-02", FEBRUARY)
    assert now == ({"E2": (900, 0, 900)} if holds else {"E1": (5_000, 0, 5_000), "E2": (900, 700, 200)})
    assert owed(sqlite_ledger) == ({"E2": 700} if holds else {})
    assert sqlite_ledger.verify().findings == ()


def test_other_periods_programs_and_monthly_payments_go_on(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    settle(sqlite_ledger, {("E1", "all"): 600}, period="PY1")
    settle(sqlite_ledger, {("E1", "all"): 50}, program="other")
    month = Proposal(PROGRAM, "cycle", "2023-02", (Entitlement(Obligation(PROGRAM, "case_rate", "E1", "2023-02", "M1"), 70, "cycle"),))
    done = sqlite_ledger.post(month, maker=MAKER, recorded_at=on(FEBRUARY), accounting_date=FEBRUARY)
    sqlite_ledger.approve(done.posting_id, approver=CHECKER, recorded_at=on(FEBRUARY))
    raised(sqlite_ledger)
    assert paid(sqlite_ledger, "2023-02", FEBRUARY) == {"E1": (670, 0, 670)}
    assert paid(sqlite_ledger, "2023-02", FEBRUARY, "other") == {"E1": (50, 0, 50)}


def test_what_was_proposed_before_is_not_approved_meanwhile(ledger: Ledger) -> None:
    """A payment, a recovery and a correction wait for approval when the disputes come in: none is approved until they are decided."""
    settle(ledger, {("E1", "all"): 5_000, ("E2", "all"): -700})
    settle(ledger, {("E2", "all"): 900}, period="PY1")
    waiting = [r.remittance_id for r in ledger.remit(PROGRAM, "2023-01", maker=MAKER, recorded_at=on(after(5)), payment_date=after(5))]
    assert len(waiting) == 2
    waiting.append(settle(ledger, {("E1", "all"): 5_100}, day=after(6), approve=False))
    disputes = [raised(ledger, claim(entity)) for entity in ("E1", "E2")]
    before = amounts(ledger)
    for one, dispute in zip(waiting, [disputes[0], disputes[1], disputes[0]], strict=True):
        head = ledger.head()
        with pytest.raises(Refused, match=f"TRU-L078.*{dispute}"):
            ledger.approve(one, approver=CHECKER, recorded_at=on(after(11)))
        assert ledger.head() == head
    ledger.void(waiting[1], actor=MAKER, reason="disputed", recorded_at=on(after(12)))
    assert paid(ledger, "2023-02", FEBRUARY) == {"E2": (900, 0, 900)}
    for dispute in disputes:
        decided(ledger, dispute, "denied")
    for one in (waiting[0], waiting[2]):
        ledger.approve(one, approver=CHECKER, recorded_at=on(after(21)))
    assert amounts(ledger) != before
    stands(ledger, disputes[0])


def test_a_held_recovery_is_not_approved(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E2", "all"): -700})
    (due_back,) = sqlite_ledger.receivables(after(1))
    act = sqlite_ledger.offset
    done = act(due_back.receivable_id, 100, reference="ICN 1", maker=MAKER, recorded_at=on(after(2)), accounting_date=after(2))
    raised(sqlite_ledger, claim("E2"))
    with pytest.raises(Refused, match="TRU-L078"):
        sqlite_ledger.approve(done.entry_id, approver=CHECKER, recorded_at=on(after(11)))


def test_giving_up_what_is_disputed_is_allowed(sqlite_ledger: Ledger) -> None:
    """A write-off takes nothing from the practice, so a dispute does not stand in its way."""
    settle(sqlite_ledger, {("E2", "all"): -700})
    known = raised(sqlite_ledger, claim("E2"))
    (due_back,) = sqlite_ledger.receivables(after(11))
    act = sqlite_ledger.write_off
    done = act(due_back.receivable_id, 700, reason="agreed", maker=MAKER, recorded_at=on(after(12)), accounting_date=after(12))
    sqlite_ledger.approve(done.entry_id, approver=CHECKER, recorded_at=on(after(12)))
    assert owed(sqlite_ledger) == {}
    stands(sqlite_ledger, known)


def test_a_closed_month_takes_a_step_of_a_dispute_and_no_dollar(ledger: Ledger) -> None:
    settle(ledger, {("E1", "all"): -5_000})
    ledger.close_month("2023-01", actor=CHECKER, recorded_at=on(after(11)))
    known = raised(ledger, claim(day=after(9)))
    ledger.close_month("2023-02", actor=CHECKER, recorded_at=on(date(2023, 3, 1)))
    decided(ledger, known, "denied", day=after(20))
    assert stands(ledger, known).status == "denied"
    assert ledger.closed_through() == "2023-02"
    with pytest.raises(Refused, match="TRU-L012"):
        settle(ledger, {("E1", "all"): 0}, day=after(21))
    assert ledger.statement(PROGRAM, "E1").receivable_cents == 5_000


def test_steps_show_in_the_account_of_the_practice_without_amounts_or_words(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): -5_000})
    known = raised(sqlite_ledger, claim(claim="a claim with words of its own"))
    decided(sqlite_ledger, known, "denied")
    rows = [(r.kind, r.note, r.earned_cents, r.paid_cents, r.receivable_cents) for r in sqlite_ledger.statement(PROGRAM, "E1").rows]
    assert rows[1:] == [
        ("dispute_raised", f"settlement {PERIOD} disputed", 0, 0, 5_000),
        ("dispute_decided", "denied", 0, 0, 5_000),
    ]
    written = sqlite_ledger.entries(kind="dispute_raised")
    assert [(e.entry_id, e.subject_id, e.actor, e.source) for e in written] == [(known, known, CLERK.name, "loss")]


ENTITIES = st.sampled_from(["E1", "E2"])
WORDS = ["settle", "settle", "raise", "raise", "deny", "uphold", "adjust", "lapse", "withdraw", "pay", "pay", "void"]
ACTS = st.tuples(st.sampled_from(WORDS), ENTITIES, st.integers(-900, 900))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, min_size=5, max_size=25))
def test_whatever_happens_held_money_stays_and_the_second_opinion_agrees(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str, int]]
) -> None:
    """Random lives of two practices. While a dispute holds a practice's settlement, its payable and receivable only change by write-offs,
    of which there are none; at the end `verify`, which shares no query with the acts, finds nothing."""
    with Ledger.open(tmp_path_factory.mktemp("random") / "ledger.db") as ledger:
        for number, (act, entity, cents) in enumerate(acts):
            before = _stands_at(ledger, entity) if _holding(ledger, entity) else None
            with contextlib.suppress(Refused):
                _act(ledger, act, entity, cents, after(number))
            if before is not None and _holding(ledger, entity):
                assert _stands_at(ledger, entity) == before
        assert ledger.verify().findings == ()


def _holding(ledger: Ledger, entity: str) -> bool:
    return any(d.holds_posting for d in ledger.disputes(entity_id=entity))


def _stands_at(ledger: Ledger, entity: str) -> tuple[int, int]:
    found = ledger.statement(PROGRAM, entity)
    return found.payable_cents, found.receivable_cents


def _act(ledger: Ledger, act: str, entity: str, cents: int, day: date) -> None:
    known = next((d.dispute_id for d in reversed(ledger.disputes(entity_id=entity))), "")
    if act == "settle":
        posting_id = settle(ledger, {(entity, "all"): cents}, day=day, approve=False)
        if cents % 3 and posting_id:
            ledger.approve(posting_id, approver=CHECKER, recorded_at=on(day, 5))
    elif act == "raise":
        raised(ledger, claim(entity, day=day))
    elif act in ("deny", "uphold"):
        decided(ledger, known, {"deny": "denied", "uphold": "upheld"}[act], day=day)
    elif act == "adjust":
        posting_id = settle(ledger, {(entity, "all"): cents}, day=day)
        ledger.adjust_dispute(known, posting_id=posting_id, actor=CLERK, recorded_at=on(day))
    elif act == "lapse":
        ledger.lapse_dispute(known, day=after(120), actor=CLERK, recorded_at=on(after(120)))
    elif act == "withdraw":
        ledger.withdraw_dispute(known, reason="agreed", day=day, actor=CLERK, recorded_at=on(day))
    elif act == "void":
        for waiting in [e for e in ledger.entries() if e.status == "pending"][-1:]:
            ledger.void(waiting.entry_id, actor=MAKER, reason="again", recorded_at=on(day))
    else:
        paid(ledger, f"{day:%Y-%m}", day)
