"""The life of a dispute: raised in time, argued, decided by another person, adjusted. Two programs end to end, then every refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.ledger.acts import amounts
from unit.ledger.disputing import (
    APPROVED,
    CHECKER,
    CLERK,
    JUDGE,
    LINE,
    MAKER,
    PERIOD,
    PRACTICE,
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

from trueup.errors import Refused, UsageError
from trueup.ledger.book import Ledger
from trueup.ledger.dispute_cases import Evidence, WhatIf
from trueup.ledger.dispute_clock import Terms, terms_of
from trueup.ledger.dispute_what_if import booked_settlements, what_if_settlement
from trueup.ledger.obligations import Actor
from trueup.locations import programs_dir
from trueup.rules.load import load_program


def rule(program: str, name: str) -> Terms:
    loaded = load_program(programs_dir(), program, assumptions="illustrative")
    return terms_of(loaded, name, loaded.rule_version)


# --- two programs --------------------------------------------------------------------------------------------------------------------


def test_a_protested_loss_is_not_recouped_until_it_is_denied(ledger: Ledger) -> None:
    """Two-sided risk: a loss of the second year, its receivable, a protest in time, the offset held, denied, the offset goes on."""
    co, terms = "co-maternity", rule("co-maternity", "loss")
    loss = settle(ledger, {("E1", "sud"): -700_000, ("E1", "non_sud"): -110_000, ("E2", "non_sud"): -50_000}, program=co)
    first = ledger.receivables(APPROVED, program=co)[0]
    assert (first.entity_id, first.original_cents, first.discovery_date) == ("E1", 810_000, APPROVED)
    assert first.federal_due_date == date(2024, 1, 20)
    known = raised(ledger, claim(program=co, day=after(30)), terms)
    found = stands(ledger, known)
    assert (found.status, found.raise_by, found.decide_by) == ("open", date(2023, 2, 19), date(2023, 4, 20))
    assert (found.determination.posting_id, found.determination.amount_cents) == (loss, -810_000)
    assert ledger.held_sets(co) == {(loss, "E1"): known}
    settle(ledger, {("E1", "non_sud"): 300_000, ("E2", "non_sud"): 300_000}, program=co, period="PY3", day=date(2023, 3, 1))
    assert paid(ledger, "2023-03", date(2023, 3, 31), co) == {"E1": (300_000, 0, 300_000), "E2": (300_000, 50_000, 250_000)}
    assert owed(ledger, co) == {"E1": 810_000}
    with pytest.raises(Refused, match="TRU-L077"):
        ledger.offset(first.receivable_id, 1, reference="ICN 1", maker=MAKER, recorded_at=on(after(80)), accounting_date=after(80))
    decided(ledger, known, "denied", day=date(2023, 4, 20))
    assert stands(ledger, known).status == "denied"
    assert ledger.held_sets(co) == {}
    settle(ledger, {("E1", "non_sud"): 900_000}, program=co, period="PY4", day=date(2023, 5, 1))
    assert paid(ledger, "2023-05", date(2023, 5, 31), co) == {"E1": (900_000, 810_000, 90_000)}
    assert owed(ledger, co) == {}
    stands(ledger, known)


def test_an_upheld_disagreement_with_a_gain_posts_the_delta_and_is_linked(ledger: Ledger) -> None:
    co, terms = "co-maternity", rule("co-maternity", "gain")
    settle(ledger, {("E1", "non_sud"): 200_000, ("E2", "non_sud"): 10_000}, program=co, source="r1")
    known = raised(ledger, claim(program=co), terms)
    assert paid(ledger, "2023-01", date(2023, 1, 31), co) == {"E2": (10_000, 0, 10_000)}
    decided(ledger, known, "upheld")
    found = stands(ledger, known)
    assert (found.status, found.is_open_work, found.adjusted_cents) == ("upheld", True, 0)
    corrected = settle(ledger, {("E1", "non_sud"): 260_000, ("E2", "non_sud"): 10_000}, program=co, source="r2", day=after(21))
    assert paid(ledger, "2023-02", date(2023, 2, 28), co) == {}
    ledger.adjust_dispute(known, posting_id=corrected, actor=CLERK, recorded_at=on(after(22)))
    found = stands(ledger, known)
    assert (found.status, found.is_open_work, found.adjusted_cents) == ("adjusted", False, 60_000)
    assert [(a.posting_id, a.run_id, a.linked_by) for a in found.adjustments] == [(corrected, "r2", CLERK.name)]
    assert paid(ledger, "2023-02", date(2023, 2, 28), co) == {"E1": (260_000, 0, 260_000)}
    stands(ledger, known)


def test_a_settlement_dispute_that_lapses_is_escalated_and_changes_nothing(ledger: Ledger) -> None:
    """Upside only: nobody decides in time; it goes to the next person, what is held stays held, and then it can be decided."""
    ct, terms = "ct-husky-maternity", rule("ct-husky-maternity", "settlement")
    settle(ledger, {("E1", "all"): 18_000_00}, program=ct)
    known = raised(ledger, claim(program=ct), terms)
    before = amounts(ledger)
    due = ledger.dispute(known).decide_by
    assert due == date(2023, 3, 31)
    ledger.lapse_dispute(known, day=date(2023, 4, 1), actor=CLERK, recorded_at=on(date(2023, 4, 1)))
    found = stands(ledger, known)
    assert (found.status, found.lapsed_on, found.is_undecided, found.days_left(due)) == ("escalated", date(2023, 4, 1), True, None)
    assert amounts(ledger) == before
    assert paid(ledger, "2023-04", date(2023, 4, 30), ct) == {}
    decided(ledger, known, "denied", day=date(2023, 6, 1))
    assert paid(ledger, "2023-06", date(2023, 6, 30), ct) == {"E1": (18_000_00, 0, 18_000_00)}
    stands(ledger, known)


def test_a_corrected_loss_nets_against_its_receivable_once_linked(ledger: Ledger) -> None:
    """Upheld: until the adjustment is linked nothing is recouped; then 8,100.00 owed less 3,100.00 corrected leaves 5,000.00."""
    settle(ledger, {("E1", "all"): -810_000})
    known = raised(ledger)
    decided(ledger, known, "upheld")
    corrected = settle(ledger, {("E1", "all"): -500_000}, day=after(25))
    assert paid(ledger, "2023-02", date(2023, 2, 28)) == {}
    ledger.adjust_dispute(known, posting_id=corrected, actor=CLERK, recorded_at=on(after(26)))
    assert paid(ledger, "2023-02", date(2023, 2, 28)) == {"E1": (310_000, 310_000, 0)}
    assert owed(ledger) == {"E1": 500_000}
    assert stands(ledger, known).adjusted_cents == 310_000


# --- raising -------------------------------------------------------------------------------------------------------------------------


def refused(ledger: Ledger, act: Callable[[], object], code: str, *words: str) -> None:
    """The act is refused with that code and these words, and not a byte was written."""
    head = ledger.head()
    with pytest.raises((Refused, UsageError)) as error:
        act()
    assert error.value.code == code
    assert [word for word in words if word not in str(error.value)] == []
    assert ledger.head() == head


@pytest.mark.parametrize(("days", "is_late"), [(0, False), (29, False), (30, False), (31, True), (400, True)])
def test_the_last_day_to_raise_counts(sqlite_ledger: Ledger, days: int, is_late: bool) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    if is_late:
        words = ("2023-01-20", "2023-02-19", f"{days - 30} day")
        refused(sqlite_ledger, lambda: raised(sqlite_ledger, claim(day=after(days))), "TRU-L071", *words)
        assert sqlite_ledger.disputes() == []
    else:
        assert stands(sqlite_ledger, raised(sqlite_ledger, claim(day=after(days)))).raise_by == date(2023, 2, 19)


def test_a_later_notice_starts_the_clock_and_an_earlier_one_cannot_be(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    late = claim(day=after(35), determined_on=after(5))
    assert stands(sqlite_ledger, raised(sqlite_ledger, late)).raise_by == after(35)
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, claim("E2", determined_on=after(-9))), "TRU-L067", "2023-01-20", "2023-01-11")


def test_days_that_cannot_be_are_refused(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, claim(day=after(-3))), "TRU-L072", "2023-01-17")
    future = claim(day=after(9))
    act = sqlite_ledger.raise_dispute
    refused(sqlite_ledger, lambda: act(future, TERMS, actor=CLERK, recorded_at=on(after(3))), "TRU-L072", "A day to come")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"claim": " "}, "TRU-L009"),
        ({"claim": "two\nlines"}, "TRU-L009"),
        ({"raised_by": ""}, "TRU-L006"),
        ({"evidence": (Evidence(""),)}, "TRU-L064"),
        ({"evidence": (Evidence("why", claim_line_number=2),)}, "TRU-L064"),
        ({"episode_id": "E0123456789abcdef"}, "TRU-L063"),
        ({"entity_id": ""}, "TRU-L063"),
        ({"period": "PY9"}, "TRU-L065"),
        ({"posting_id": "0" * 32}, "TRU-L065"),
        ({"program": "other"}, "TRU-L065"),
    ],
)
def test_a_claim_that_says_nothing_or_is_about_nothing_is_refused(sqlite_ledger: Ledger, change: dict[str, Any], code: str) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, claim(**change)), code)


def test_what_waits_for_approval_is_no_determination_yet(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000}, approve=False)
    refused(sqlite_ledger, lambda: raised(sqlite_ledger), "TRU-L065", "approved")


@pytest.mark.parametrize(("outcome", "cents", "fits"), [("gain", 1, True), ("gain", -1, False), ("loss", -1, True), ("loss", 1, False)])
def test_a_rule_is_about_gains_or_losses(sqlite_ledger: Ledger, outcome: str, cents: int, fits: bool) -> None:
    settle(sqlite_ledger, {("E1", "a"): cents + 40, ("E1", "b"): -40})
    terms = replace(TERMS, outcome=outcome)
    if fits:
        assert stands(sqlite_ledger, raised(sqlite_ledger, terms=terms)).determination.amount_cents == cents
    else:
        refused(sqlite_ledger, lambda: raised(sqlite_ledger, terms=terms), "TRU-L066", outcome)


def test_a_settlement_of_nothing_is_neither_gain_nor_loss(sqlite_ledger: Ledger) -> None:
    """E3 was settled at zero, so the set has no line of it; a rule about any outcome lets it be disputed, with 0.00 at stake."""
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    for outcome in ("gain", "loss"):
        terms = replace(TERMS, outcome=outcome)
        refused(sqlite_ledger, lambda terms=terms: raised(sqlite_ledger, claim("E3"), terms), "TRU-L066", "0.00")
    assert stands(sqlite_ledger, raised(sqlite_ledger, claim("E3"))).determination.amount_cents == 0


def test_the_latest_settlement_of_the_entity_is_disputed_unless_one_is_named(sqlite_ledger: Ledger) -> None:
    interim = settle(sqlite_ledger, {("E1", "all"): 5_000, ("E2", "all"): 7_000})
    final = settle(sqlite_ledger, {("E2", "all"): 9_000}, day=after(5))
    mine = stands(sqlite_ledger, raised(sqlite_ledger)).determination
    assert (mine.posting_id, mine.amount_cents, mine.determined_on) == (interim, 5_000, APPROVED)
    theirs = stands(sqlite_ledger, raised(sqlite_ledger, claim("E2"))).determination
    assert (theirs.posting_id, theirs.amount_cents, theirs.determined_on) == (final, 9_000, after(5))
    named = stands(sqlite_ledger, raised(sqlite_ledger, claim("E2", posting_id=interim))).determination
    assert (named.posting_id, named.amount_cents) == (interim, 7_000)
    assert (named.maker, named.approver) == (MAKER.name, CHECKER.name)


def test_an_episode_is_disputed_before_anything_is_posted_as_a_run_stated_it(sqlite_ledger: Ledger) -> None:
    terms = replace(TERMS, rule_id="attribution", against="attribution")
    asked = claim(episode_id="E0123456789abcdef", claim="the birth was at another practice")
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, asked, terms), "TRU-L065", "Name the run")
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, replace(asked, episode_id=""), terms), "TRU-L063", "one episode")
    given_out = replace(asked, run_id="run9", determined_on=after(2))
    found = stands(sqlite_ledger, raised(sqlite_ledger, given_out, terms))
    assert (found.determination.posting_id, found.determination.run_id, found.determination.amount_cents) == ("", "run9", None)
    refused(sqlite_ledger, lambda: raised(sqlite_ledger, replace(given_out, raised_on=after(33)), terms), "TRU-L071", "2023-02-21")
    assert not any("E0123456789abcdef" in f"{e.reason}{e.source}" for e in sqlite_ledger.entries())


def test_the_same_dispute_again_is_the_same_and_another_of_the_same_is_refused(ledger: Ledger) -> None:
    settle(ledger, {("E1", "a"): 5_000, ("E1", "b"): 4_000})
    known = raised(ledger)
    head = ledger.head()
    again = ledger.raise_dispute(claim(), TERMS, actor=CLERK, recorded_at=on(after(10)))
    later = ledger.raise_dispute(claim(), TERMS, actor=JUDGE, recorded_at=on(after(90)))
    assert (again.entry_id, again.is_new, later.is_new, ledger.head()) == (known, False, False, head)
    refused(ledger, lambda: raised(ledger, claim(claim="three episodes")), "TRU-L068", "other words")
    refused(ledger, lambda: raised(ledger, claim(day=after(11))), "TRU-L068", known, "open")
    refused(ledger, lambda: raised(ledger, claim(day=after(11), cohort="a")), "TRU-L068", known)
    decided(ledger, known, "denied")
    refused(ledger, lambda: raised(ledger, claim(day=after(21))), "TRU-L068", "denied")


def test_cohorts_are_disputed_apart(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "a"): 5_000, ("E1", "b"): -4_000})
    one = raised(sqlite_ledger, claim(cohort="a"))
    two = raised(sqlite_ledger, claim(cohort="b"))
    found = [(d.dispute_id, d.determination.amount_cents) for d in sqlite_ledger.disputes(entity_id="E1")]
    assert found == [(one, 5_000), (two, -4_000)]
    assert sqlite_ledger.disputes(program="other") == sqlite_ledger.disputes(entity_id="E2") == []


def test_a_withdrawn_dispute_can_be_raised_again_in_time(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger)
    assert sqlite_ledger.held_sets("case-program") != {}
    day = after(12)

    def withdraw(actor: Actor) -> bool:
        return sqlite_ledger.withdraw_dispute(known, reason="agreed by phone", day=day, actor=actor, recorded_at=on(day)).is_new

    refused(sqlite_ledger, lambda: withdraw(MAKER), "TRU-L076", PRACTICE.name, CLERK.name)
    assert withdraw(PRACTICE)
    assert not withdraw(Actor(" pia  PRACTICE"))
    found = stands(sqlite_ledger, known)
    assert (found.status, found.ended_on, found.ended_by, found.reason) == ("withdrawn", day, PRACTICE.name, "agreed by phone")
    assert sqlite_ledger.held_sets("case-program") == {}
    again = raised(sqlite_ledger, claim(day=after(13)))
    assert stands(sqlite_ledger, again).status == "open"


# --- arguing and deciding ------------------------------------------------------------------------------------------------------------


def test_evidence_is_added_while_it_is_undecided(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger)
    letter = Evidence("the hospital confirms another practice", document="letter of February 1")

    def add(*pieces: Evidence, day: date = after(12)) -> bool:
        return sqlite_ledger.add_evidence(known, pieces, submitted_by=PRACTICE.name, day=day, actor=CLERK, recorded_at=on(after(12))).is_new

    assert add(letter)
    assert not add(letter)
    assert stands(sqlite_ledger, known).evidence == (LINE, letter)
    refused(sqlite_ledger, add, "TRU-L064")
    refused(sqlite_ledger, lambda: add(Evidence("early"), day=after(9)), "TRU-L072")
    decided(sqlite_ledger, known, "denied")
    refused(sqlite_ledger, lambda: add(Evidence("late")), "TRU-L069", "denied", JUDGE.name)
    act = sqlite_ledger.add_evidence
    unknown = lambda: act("f" * 32, [letter], submitted_by="x", day=after(12), actor=CLERK, recorded_at=on(after(12)))  # noqa: E731
    refused(sqlite_ledger, unknown, "TRU-L062")


@pytest.mark.parametrize("name", [MAKER.name, CHECKER.name, PRACTICE.name, CLERK.name, "ANA  maker", "clEO Clerk "])
def test_nobody_decides_who_had_a_part_in_it(sqlite_ledger: Ledger, name: str) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger)
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "denied", actor=Actor(name)), "TRU-L075", "no part")


def test_a_decision_is_made_once_with_a_reason_and_in_time(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger)
    due = sqlite_ledger.dispute(known).decide_by
    assert due == after(70)
    act = sqlite_ledger.decide_dispute
    refused(sqlite_ledger, lambda: act(known, "maybe", reason="x", day=due, actor=JUDGE, recorded_at=on(due)), "TRU-L070")
    refused(sqlite_ledger, lambda: act(known, "denied", reason="", day=due, actor=JUDGE, recorded_at=on(due)), "TRU-L009")
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "denied", day=after(71)), "TRU-L073", "2023-03-31", "escalated")
    decided(sqlite_ledger, known, "denied", day=due)
    head = sqlite_ledger.head()
    decided(sqlite_ledger, known, "denied", day=due)
    assert sqlite_ledger.head() == head
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "upheld", day=due), "TRU-L069", "denied")
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "denied", day=due, actor=Actor("Third")), "TRU-L069", JUDGE.name)
    found = stands(sqlite_ledger, known)
    assert (found.ended_by, found.ended_on, found.reason) == (JUDGE.name, due, "the file shows that it is denied")


@pytest.mark.parametrize(("means", "status"), [("denied", "denied"), ("upheld", "upheld")])
def test_a_lapsed_clock_means_what_the_rule_says(sqlite_ledger: Ledger, means: str, status: str) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger, terms=replace(TERMS, when_lapses=means))
    due, late = after(70), after(71)

    def lapse(day: date) -> bool:
        return sqlite_ledger.lapse_dispute(known, day=day, actor=MAKER, recorded_at=on(day)).is_new

    refused(sqlite_ledger, lambda: lapse(due), "TRU-L074", "2023-03-31", "0 days are left")
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "upheld", day=late), "TRU-L073", f"it is {means}")
    assert lapse(late)
    assert not lapse(after(75))
    found = stands(sqlite_ledger, known)
    assert (found.status, found.ended_by, found.ended_on, found.lapsed_on) == (status, "", late, late)
    refused(sqlite_ledger, lambda: decided(sqlite_ledger, known, "denied", day=late), "TRU-L069", "clock ran out")
    assert (sqlite_ledger.held_sets("case-program") != {}) == (means == "upheld")


def test_an_adjustment_is_a_later_approved_set_of_what_was_disputed(sqlite_ledger: Ledger) -> None:
    first = settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger, terms=replace(TERMS, holds_payment=False))
    before = settle(sqlite_ledger, {("E1", "all"): 5_500}, day=after(15))

    def adjust(posting_id: str = "", **more: str) -> bool:
        return sqlite_ledger.adjust_dispute(known, posting_id=posting_id, actor=CLERK, recorded_at=on(after(40)), **more).is_new

    refused(sqlite_ledger, lambda: adjust(first), "TRU-L081", "open")
    decided(sqlite_ledger, known, "upheld")
    other = settle(sqlite_ledger, {("E2", "all"): 100}, day=after(30))
    waits = settle(sqlite_ledger, {("E1", "all"): 9_000}, day=after(31), approve=False)
    refused(sqlite_ledger, lambda: adjust(first), "TRU-L082", "before the dispute was decided")
    refused(sqlite_ledger, lambda: adjust(before), "TRU-L082", "before the dispute was decided")
    refused(sqlite_ledger, lambda: adjust(other), "TRU-L082", "holds nothing", PERIOD)
    refused(sqlite_ledger, lambda: adjust(waits), "TRU-L082", "pending")
    refused(sqlite_ledger, lambda: adjust("f" * 32), "TRU-L015")
    refused(sqlite_ledger, adjust, "TRU-L082")
    sqlite_ledger.approve(waits, approver=CHECKER, recorded_at=on(after(32)))
    assert adjust(waits)
    assert not adjust(waits)
    more = settle(sqlite_ledger, {("E1", "all"): 8_000}, day=after(33))
    assert adjust(more)
    found = stands(sqlite_ledger, known)
    assert ([a.cents for a in found.adjustments], found.adjusted_cents, found.status) == ([3_500, -1_000], 2_500, "adjusted")


def test_an_upheld_dispute_may_change_no_dollar_and_says_why(sqlite_ledger: Ledger) -> None:
    settle(sqlite_ledger, {("E1", "all"): 5_000})
    known = raised(sqlite_ledger)
    decided(sqlite_ledger, known, "upheld")
    act = sqlite_ledger.adjust_dispute
    refused(sqlite_ledger, lambda: act(known, run_id="r2", actor=CLERK, recorded_at=on(after(30))), "TRU-L009")
    act(known, run_id="r2", reason="the episode stays excluded for another reason", actor=CLERK, recorded_at=on(after(30)))
    found = stands(sqlite_ledger, known)
    assert (found.status, found.adjusted_cents, found.adjustments[0].run_id) == ("adjusted", 0, "r2")
    assert sqlite_ledger.held_sets("case-program") == {}


# --- what if -------------------------------------------------------------------------------------------------------------------------


def row(entity: str, cents: int, cohort: str = "all", status: str = "payable") -> dict[str, Any]:
    return {"entity_id": entity, "period": PERIOD, "cohort": cohort, "amount_cents": cents, "status": status}


def test_what_if_shows_what_upholding_changes_and_what_would_be_posted(sqlite_ledger: Ledger) -> None:
    """E1 is settled at 50.00 and would be 80.00; 60.00 of it is booked by a later true-up, so 20.00 is posted."""
    settle(sqlite_ledger, {("E1", "all"): 5_000, ("E2", "all"): 900})
    known = raised(sqlite_ledger, terms=replace(TERMS, holds_payment=False))
    settle(sqlite_ledger, {("E1", "all"): 6_000}, day=after(15))
    settled = [row("E1", 5_000), row("E2", 900), row("E3", 0, status="held"), row("E4", 10)]
    corrected = [row("E1", 8_000), row("E2", 900), row("E3", 70), row("E5", -40, "b", "owed")]
    booked = booked_settlements(sqlite_ledger.lines(status="live"))
    found = what_if_settlement(settled, corrected, booked)
    shown = [(d.entity_id, d.cohort, d.settled_cents, d.corrected_cents, d.delta_cents, d.posts_cents) for d in found]
    assert shown == [
        ("E1", "all", 5_000, 8_000, 3_000, 2_000),
        ("E3", "all", None, 70, 70, 70),
        ("E4", "all", 10, None, -10, 0),
        ("E5", "b", None, -40, -40, -40),
    ]
    kept = WhatIf("r1", "r2", found)
    day = after(16)
    sqlite_ledger.record_what_if(known, kept, day=day, actor=CLERK, recorded_at=on(day))
    assert not sqlite_ledger.record_what_if(known, kept, day=day, actor=CLERK, recorded_at=on(day)).is_new
    assert stands(sqlite_ledger, known).what_if == kept


settled_amounts = st.dictionaries(st.sampled_from(["E1", "E2", "E3"]), st.integers(-(10**9), 10**9))


@given(settled_amounts, settled_amounts)
def test_what_would_be_posted_brings_the_books_to_the_corrected_run(booked: dict[str, int], corrected: dict[str, int]) -> None:
    """Telescoping: what is booked and what would be posted add up to the corrected settlement, where it states one."""
    books = {(entity, PERIOD, "all"): cents for entity, cents in booked.items()}
    found = what_if_settlement([row(e, c) for e, c in booked.items()], [row(e, c) for e, c in corrected.items()], books)
    after_all = dict(booked)
    for one in found:
        after_all[one.entity_id] = after_all.get(one.entity_id, 0) + one.posts_cents
    assert after_all == {**booked, **corrected}


# --- rules ---------------------------------------------------------------------------------------------------------------------------


def test_terms_come_from_the_program_and_unknown_ones_are_refused() -> None:
    found = rule("co-maternity", "loss")
    assert (found.against, found.outcome, found.days_to_raise, found.days_to_decide) == ("settlement", "loss", 30, 60)
    assert (found.when_lapses, found.holds_payment, found.cite[:10]) == ("escalated", True, "assumption")
    bare = load_program(programs_dir(), "co-maternity")
    with pytest.raises(Refused, match="TRU-R014"):
        terms_of(bare, "loss", bare.rule_version)
    with pytest.raises(UsageError, match=r"TRU-L061.*gain, loss, attribution"):
        terms_of(bare, "price", bare.rule_version)
