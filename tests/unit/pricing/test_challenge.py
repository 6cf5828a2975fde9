"""Draft, challenged, final: who may do what when, and what a challenge would change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from trueup.errors import CheckFailed, Refused
from trueup.pricing.build import price
from trueup.pricing.challenge import Challenge, Evidence, challenges_of, decide, decisions_of, file_challenge, publish
from trueup.pricing.inputs import BaseCaseRate, BaseEpisode, CompletionFactor, InScope, Lag
from trueup.pricing.price_set import Terms, finalize, read_price_set, write_price_set
from trueup.pricing.usable import require_equal_maturity, require_usable
from trueup.pricing.what_if import Book, what_if

EPISODES = (
    BaseEpisode("A", "all", 9000_00, episode_id="E1", in_scope=(InScope("A", 10, 2000_00),)),
    BaseEpisode("A", "all", 11000_00, episode_id="E2", in_scope=(InScope("A", 8, 1600_00),)),
    BaseEpisode("B", "all", 13000_00, episode_id="E3", in_scope=(InScope("B", 10, 2500_00),)),
)
ROWS = (
    BaseCaseRate("A", "P1", "live_birth", 10, 2000_00, 20),
    BaseCaseRate("A", "P2", "live_birth", 8, 1600_00, 16),
    BaseCaseRate("B", "P3", "live_birth", 10, 2500_00, 25),
)
LINE = Evidence("remove", "billed by another group under our number", "E2", "C9", 1, 2, 1200_00)
VISIT = Evidence("remove", "not a pregnancy visit", "E1", "C1", 1, 1, 100_00, "P1", "A")
CHALLENGE = Challenge("A", "target_price", "Practice manager", date(2024, 12, 20), (LINE,))
PUBLISHED = date(2024, 12, 1)


@pytest.fixture
def rules(case_rate):
    return case_rate(prices__challenge_days=30, prices__trend_annual=Decimal("0.00"))


@pytest.fixture
def book(rules) -> Book:
    return Book(rules, EPISODES, ("A", "B"), (), rules.period("Y1"), ROWS)


@pytest.fixture
def folder(tmp_path, book):
    days = {"base_first_day": date(2023, 3, 1), "base_last_day": date(2024, 2, 29), "base_as_of": date(2024, 11, 25)}
    terms = Terms("P", "2025.1", "r" * 64, None, None, "blended_target", "Y1", "BASE", runout_days=180, cost_basis="paid", **days)
    return write_price_set(tmp_path, terms, book.price())


@pytest.fixture
def published(folder, rules):
    publish(folder, rules, by="Actuary", on=PUBLISHED)
    return folder


# --- states ---------------------------------------------------------------------------------------------------------------------------


def test_the_way_from_draft_to_final(published, rules):
    assert read_price_set(published).status == "draft"
    filed = file_challenge(published, CHALLENGE)
    assert (filed.status, {p.status for p in filed.content.prices}) == ("challenged", {"challenged"})
    assert challenges_of(filed) == {CHALLENGE.challenge_id: CHALLENGE}
    with pytest.raises(Refused, match=r"TRU-P012.*challenged, not final"):
        require_usable(filed, rules, "Y1")
    decided = decide(published, CHALLENGE.challenge_id, "rejected", by="Reviewer", on=date(2025, 1, 5), reason="the claim is theirs")
    assert (decided.status, decisions_of(decided)) == ("challenged", {CHALLENGE.challenge_id: "rejected"})
    final = finalize(published, by="Director", on=date(2025, 1, 6))
    assert (final.status, final.price_set_id, final == read_price_set(published)) == ("final", published.name, True)
    assert [(e.kind, e.on, e.by) for e in final.events] == [
        ("published", PUBLISHED, "Actuary"),
        ("challenged", date(2024, 12, 20), "Practice manager"),
        ("decided", date(2025, 1, 5), "Reviewer"),
        ("finalized", date(2025, 1, 6), "Director"),
    ]
    assert finalize(published) == final
    require_usable(final, rules, "Y1")


@pytest.mark.parametrize(("day", "works"), [(date(2024, 12, 31), True), (date(2025, 1, 1), False)])
def test_the_last_day_to_challenge(published, day, works):
    challenge = replace(CHALLENGE, filed_on=day)
    if works:
        assert file_challenge(published, challenge).status == "challenged"
    else:
        with pytest.raises(Refused, match=r"TRU-P035.*came on 2025-01-01; the last day was 2024-12-31"):
            file_challenge(published, challenge)
        assert read_price_set(published).status == "draft"


@pytest.mark.parametrize(("day", "works"), [(None, False), (date(2024, 12, 31), False), (date(2025, 1, 1), True)])
def test_nothing_is_final_while_it_may_be_challenged(published, day, works):
    if works:
        assert finalize(published, by="Director", on=day).status == "final"
    else:
        with pytest.raises(Refused, match="TRU-P041"):
            finalize(published, by="Director", on=day)


def test_a_published_set_becomes_final_by_somebody_on_a_day(published):
    file_challenge(published, CHALLENGE)
    decide(published, CHALLENGE.challenge_id, "rejected", by="Reviewer", on=date(2025, 2, 1), reason="theirs")
    for by, on in (("", date(2025, 2, 1)), ("Director", None), ("Director", date(2025, 1, 31))):
        with pytest.raises(Refused, match="TRU-P041"):
            finalize(published, by=by, on=on)
    assert finalize(published, by="Director", on=date(2025, 2, 1)).status == "final"


def test_without_a_rule_there_is_no_last_day(folder, case_rate):
    publish(folder, case_rate(), by="Actuary", on=PUBLISHED)
    assert file_challenge(folder, replace(CHALLENGE, filed_on=date(2030, 1, 1))).status == "challenged"


def test_undecided_and_upheld_challenges_hold_a_set_back(published):
    file_challenge(published, CHALLENGE)
    with pytest.raises(Refused, match=f"TRU-P038.*{CHALLENGE.challenge_id}"):
        finalize(published, on=date(2025, 2, 1), by="Director")
    decide(published, CHALLENGE.challenge_id, "upheld", by="Reviewer", on=date(2025, 1, 5), reason="wrong group")
    with pytest.raises(Refused, match=f"TRU-P040.*{CHALLENGE.challenge_id}"):
        finalize(published, on=date(2025, 2, 1), by="Director")


def test_a_challenge_twice_is_one_challenge(published):
    file_challenge(published, CHALLENGE)
    before = (published / "manifest.json").read_bytes()
    file_challenge(published, CHALLENGE)
    assert (published / "manifest.json").read_bytes() == before
    other = file_challenge(published, replace(CHALLENGE, evidence=(VISIT,)))
    assert len(challenges_of(other)) == 2


def test_what_may_not_be_challenged(folder, rules):
    with pytest.raises(Refused, match=r"TRU-P036.*was not published"):
        file_challenge(folder, CHALLENGE)
    publish(folder, rules, by="Actuary", on=PUBLISHED)
    with pytest.raises(Refused, match=r"TRU-P036.*published already"):
        publish(folder, rules, by="Actuary", on=PUBLISHED)
    with pytest.raises(Refused, match=r"TRU-P036.*was not published by that day"):
        file_challenge(folder, replace(CHALLENGE, filed_on=date(2024, 11, 30)))
    finalize(folder, on=date(2025, 1, 1), by="Director")
    for act in (lambda: file_challenge(folder, CHALLENGE), lambda: publish(folder, rules, by="Actuary", on=PUBLISHED)):
        with pytest.raises(Refused, match=r"TRU-P036.*is final"):
            act()


@pytest.mark.parametrize(
    "challenge",
    [
        replace(CHALLENGE, entity_id="Z"),
        replace(CHALLENGE, price="acceptable_threshold"),
        replace(CHALLENGE, evidence=()),
        replace(CHALLENGE, filed_by=" "),
        replace(CHALLENGE, evidence=(replace(LINE, reason=" "),)),
        replace(CHALLENGE, evidence=(replace(LINE, episode_id=""),)),
        replace(CHALLENGE, evidence=(replace(LINE, claim_line_number=0),)),
        replace(CHALLENGE, evidence=(replace(LINE, cents=-1),)),
        replace(CHALLENGE, evidence=(replace(VISIT, covered_by=""),)),
        replace(CHALLENGE, evidence=(Evidence("add", "ours", "E1"),)),
    ],
)
def test_a_challenge_needs_its_price_a_person_and_cases(published, challenge):
    with pytest.raises(Refused, match="TRU-P037"):
        file_challenge(published, challenge)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"challenge_id": "0" * 16}, "no such challenge"),
        ({"by": " practice MANAGER "}, "who filed it cannot decide it"),
        ({"by": " "}, "needs a person and a reason"),
        ({"reason": ""}, "needs a person and a reason"),
        ({"on": date(2024, 12, 19)}, "filed on 2024-12-20"),
        ({"decision": "withdrawn"}, "only who filed it can withdraw it"),
    ],
)
def test_decisions_that_cannot_stand(published, changes, why):
    file_challenge(published, CHALLENGE)
    good = {"challenge_id": CHALLENGE.challenge_id, "decision": "rejected", "by": "Reviewer", "on": date(2025, 1, 5), "reason": "theirs"}
    with pytest.raises(Refused, match=f"TRU-P039.*{why}"):
        decide(published, **{**good, **changes})
    decide(published, **good)
    with pytest.raises(Refused, match=r"TRU-P039.*was rejected already"):
        decide(published, **{**good, "decision": "upheld"})


def test_a_withdrawn_challenge_lets_the_set_become_final(published):
    file_challenge(published, CHALLENGE)
    decide(published, CHALLENGE.challenge_id, "withdrawn", by="Practice manager", on=date(2025, 1, 5), reason="settled by phone")
    assert finalize(published, by="Director", on=date(2025, 1, 6)).status == "final"


@pytest.mark.parametrize("change", ["by", "drop", "status", "final"])
def test_a_changed_history_is_found(published, change):
    file_challenge(published, CHALLENGE)
    file = published / "manifest.json"
    manifest = json.loads(file.read_text())
    if change == "by":
        manifest["events"][1]["by"] = "Somebody else"
    elif change == "drop":
        del manifest["events"][0]
    else:
        manifest["status"] = "draft" if change == "status" else "final"
    file.write_text(json.dumps(manifest))
    with pytest.raises(CheckFailed, match="TRU-P011"):
        read_price_set(published)


def test_the_tables_of_the_base_are_frozen_with_the_set(folder, book):
    found = read_price_set(folder).content
    assert found.case_rate_basis == book.price().case_rate_basis
    assert [(b.entity_id, b.months, b.lines_per_month) for b in found.case_rate_basis] == [
        ("A", 18, Decimal("2.000000")),
        ("B", 10, Decimal("2.500000")),
    ]
    assert not (folder / "completion_factors.parquet").exists()


def test_a_completed_base_waits_for_complete_claims(folder, rules, case_rate):
    found = read_price_set(folder)
    factor = CompletionFactor("professional", 0, 1, Decimal(1), Decimal(1), Decimal(1), "complete")
    completed = replace(found, content=replace(found.content, completion_factors=[factor]))
    mature = case_rate(prices__completion__mature_days=365)
    # Y1 ends 2025-12-31, its episodes 90 days later: 2026-03-31
    with pytest.raises(Refused, match=r"TRU-P042.*365 days.*has 364.*2027-03-31"):
        require_equal_maturity(completed, mature, "Y1", date(2027, 3, 30))
    assert require_equal_maturity(completed, mature, "Y1", date(2027, 3, 31)) == []


# --- what it would change -------------------------------------------------------------------------------------------------------------


def prices(changes) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    return {(c.entity_id, c.price): (c.before_cents, c.after_cents) for c in changes}


def test_without_a_line_own_and_others_targets_move(book):
    found = what_if(book, CHALLENGE)
    # A: rest 16,400 → 15,200 over two, + 3,600 / 2; state: rest 26,900 → 25,700 over three, + 6,100 / 3
    # before: (10,000 + 11,000) / 2; after: (9,400 + 10,600) / 2. B before (13,000 + 11,000) / 2, after (13,000 + 10,600) / 2
    assert prices(found.own) == {("A", "target_price"): (10500_00, 10000_00)}
    assert prices(found.others) == {("B", "target_price"): (12000_00, 11800_00)}
    assert (found.own[0].difference_cents, found.others[0].difference_cents) == (-500_00, -200_00)
    before, after = ({s.name: s.amount for s in steps} for steps in (found.before, found.after))
    assert (before["own_cost"], after["own_cost"], before["state_mean"], after["state_mean"]) == (
        "20000.00",
        "18800.00",
        "11000.00",
        "10600.00",
    )


def test_without_a_visit_the_case_rate_and_the_target_move_together(book):
    found = what_if(book, Challenge("A", "case_rate", "x", PUBLISHED, (VISIT,)))
    assert prices(found.own) == {("A", "case_rate"): (200_00, 194_44)}  # 3,500 / 18
    after = {s.name: s.amount for s in found.after}
    assert (after["own_in_scope"], after["own_months"]) == ("3500.00", "18")
    # own target: rest unchanged at 8,200, + 18 × 194.44 / 2 = 1,749.96; state 26,900 / 3 + (3,499.92 + 2,500) / 3
    assert prices(found.others) == {("A", "target_price"): (10500_00, 10458_30), ("B", "target_price"): (12000_00, 11983_32)}


def test_with_a_missing_line(book):
    added = replace(VISIT, change="add", reason="never counted")
    assert prices(what_if(book, Challenge("A", "case_rate", "x", PUBLISHED, (added,))).own) == {("A", "case_rate"): (200_00, 205_56)}


def test_a_visit_that_carried_its_month(book):
    found = what_if(book, Challenge("A", "case_rate", "x", PUBLISHED, (replace(VISIT, months=-1),)))
    assert prices(found.own) == {("A", "case_rate"): (200_00, 205_88)}  # 3,500 / 17


def test_without_a_whole_episode(book):
    whole = Evidence("remove", "not our patient", "E2", pregnancy_id="P2", covered_by="A")
    found = what_if(book, Challenge("A", "target_price", "x", PUBLISHED, (whole,)))
    assert prices(found.own) == {("A", "target_price"): (10500_00, 10000_00)}  # own 9,000, state 11,000
    assert {s.name: s.amount for s in found.after}["own_episodes"] == "1"


def test_the_last_base_episode_leaves_no_price(book):
    whole = Evidence("remove", "not our patient", "E3")
    assert prices(what_if(book, Challenge("B", "target_price", "x", PUBLISHED, (whole,))).own) == {("B", "target_price"): (12000_00, None)}


def test_what_if_is_the_pricing_of_the_base_without_the_line(book, rules):
    """The second computation: the base written down anew without the line, through `price`."""
    cheaper = [EPISODES[0], replace(EPISODES[1], total_cost_cents=9800_00), EPISODES[2]]
    anew = price(rules, cheaper, ["A", "B"], [], rules.period("Y1"), base_case_rates=ROWS)
    found = what_if(book, CHALLENGE)
    assert found.after == tuple(s for s in anew.price_steps if (s.entity_id, s.price) == ("A", "target_price"))


@pytest.mark.parametrize(
    "evidence",
    [
        replace(LINE, episode_id="E9"),
        replace(LINE, cents=11000_01),
        replace(VISIT, cents=2000_01),
        replace(VISIT, pregnancy_id="P9"),
        replace(VISIT, covered_by="B"),
        replace(VISIT, months=-11),
        replace(VISIT, months=-10),
        Evidence("remove", "x", "E9"),
        Evidence("remove", "x", pregnancy_id="P9", covered_by="A"),
    ],
)
def test_a_case_that_does_not_fit_the_base_is_refused(book, evidence):
    with pytest.raises(Refused, match=r"TRU-P049 case 1 cannot be tried"):
        what_if(book, replace(CHALLENGE, evidence=(evidence,)))


def test_a_base_that_cannot_be_taken_apart_is_refused(book):
    with pytest.raises(Refused, match=r"TRU-P049.*ids of their own"):
        what_if(replace(book, episodes=(*EPISODES, EPISODES[0])), CHALLENGE)
    with pytest.raises(Refused, match=r"TRU-P049.*completed"):
        what_if(replace(book, lag=Lag((), (), "2024-10")), CHALLENGE)
