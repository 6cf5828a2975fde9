"""Flags, their reviews, and what a gate makes of them: waiting holds, only a failed review forfeits."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from unit.monitoring.samples import DAY, plan, result, review, terms

from trueup.monitoring.findings import Result
from trueup.monitoring.plan import Effect
from trueup.monitoring.reviews import Review, flags_of, gate_rows, gate_state

FLAGGED = result(terms(), alarm=True)
QUIET = result(terms())


def state(results: list[Result], reviews: list[Review] | None = None, **more: Any) -> tuple[str, str]:
    the_plan = plan(*{r.terms.id: r.terms for r in results}.values(), **more)
    return gate_state(the_plan, flags_of(the_plan, results, reviews or [], DAY), results)


def test_no_flag_passes() -> None:
    assert state([QUIET]) == ("passed", "no_flag")


def test_a_flag_holds_until_its_review_ends() -> None:
    assert state([FLAGGED]) == ("missing", "open_review.visits")
    assert state([FLAGGED], [review("opened")]) == ("missing", "open_review.visits")
    assert state([FLAGGED], [review("complied")]) == ("passed", "complied.visits")
    assert state([FLAGGED], [review("failed")]) == ("failed", "failed_review.visits")


@pytest.mark.parametrize(
    "gap", [{"reviewer": None}, {"reviewer": " "}, {"evidence": ""}, {"decided_on": None}, {"decided_on": date(2027, 1, 1)}]
)
@pytest.mark.parametrize("outcome", ["complied", "failed"])
def test_an_end_needs_reviewer_evidence_and_a_day_that_has_come(outcome: str, gap: dict[str, Any]) -> None:
    assert state([FLAGGED], [review(outcome, **gap)]) == ("missing", "open_review.visits")
    (flag,) = flags_of(plan(terms()), [FLAGGED], [review(outcome, **gap)], DAY)
    assert (flag.status, flag.decided_on, flag.reason) == ("open", None, "review_without_reviewer_day_or_evidence")


def test_a_decision_of_the_day_itself_counts() -> None:
    assert state([FLAGGED], [review("complied", decided_on=DAY)])[0] == "passed"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ("review", ("passed", "review_open.visits")),
        ("hold", ("missing", "open_review.visits")),
        ("deny", ("failed", "denied_until_reviewed.visits")),
    ],
)
def test_what_an_open_flag_does_is_a_rule(effect: Effect, expected: tuple[str, str]) -> None:
    flagged = result(terms(effect=effect), alarm=True)
    assert state([flagged]) == expected
    assert state([flagged], [review("complied")])[0] == "passed"
    assert state([flagged], [review("failed")])[0] == "failed"


def test_failed_comes_before_open_and_denied_before_held() -> None:
    other = result(terms("switching", effect="deny"), alarm=True)
    assert state([FLAGGED, other], [review("failed")]) == ("failed", "failed_review.visits")
    assert state([FLAGGED, other]) == ("failed", "denied_until_reviewed.switching")
    assert state([FLAGGED, other], [review("complied", "switching")]) == ("missing", "open_review.visits")


def test_under_reporting_is_named_first() -> None:
    reports = result(terms("reports", "completeness"), alarm=True)
    reports.reason = "under_reporting"
    assert state([FLAGGED, reports]) == ("missing", "under_reporting.reports")


def test_care_that_waits_for_reports_holds_also_where_the_reports_are_only_watched() -> None:
    reports = result(terms("reports", "completeness", effect="review"), alarm=True)
    assert state([reports, result(terms(), status="waits_for_reports")]) == ("missing", "under_reporting")
    assert state([reports, result(terms(effect="review"), status="waits_for_reports")]) == ("passed", "review_open.reports")


def test_a_reviewer_may_open_what_no_statistic_asked_for() -> None:
    complaint = review("opened", "complaint")
    (flag,) = flags_of(plan(terms()), [QUIET], [complaint], DAY)
    assert (flag.raised_by, flag.check_id, flag.effect, flag.reason) == ("reviewer", "", "hold", "opened_by_reviewer")
    assert state([QUIET], [complaint]) == ("missing", "open_review.complaint")
    assert state([QUIET], [review("failed")]) == ("failed", "failed_review.visits")


def test_a_review_of_another_period_says_nothing() -> None:
    elsewhere = Review("A", "BASE", "visits", "failed", "R", date(2026, 1, 1), "charts")
    assert flags_of(plan(terms()), [QUIET], [elsewhere], DAY) == []


def test_too_few_passes_or_holds_by_rule_and_watching_checks_do_not_count() -> None:
    few = [result(terms(), status="too_few"), result(terms("edge", effect="review"))]
    assert state(few) == ("passed", "too_few_to_judge")
    assert state(few, holds=True) == ("missing", "too_few_to_judge")
    assert state([*few, result(terms("other"))]) == ("passed", "no_flag")


def test_what_nothing_measures_holds_unless_it_is_only_watched() -> None:
    assert state([result(terms(), status="not_measured")]) == ("missing", "not_measured.visits")
    assert state([result(terms(effect="review"), status="not_measured"), result(terms("b"))]) == ("passed", "no_flag")


def test_gates_are_of_everybody_watched_and_of_nobody_without_a_gate() -> None:
    the_plan = plan(terms())
    flags = flags_of(the_plan, [FLAGGED], [review("opened", "complaint", "Z")], DAY)
    rows = gate_rows(the_plan, {"PY": ["A", "B"]}, flags, [FLAGGED, result(terms(), "B")])
    assert [(r["entity_id"], r["state"]) for r in rows] == [("A", "missing"), ("B", "passed"), ("Z", "missing")]
    assert gate_rows(plan(terms(), gate=None), {"PY": ["A"]}, flags, [FLAGGED]) == []
