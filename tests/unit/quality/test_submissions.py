"""What becomes of a report, by hand: in time, late, incomplete, impossible, sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from trueup.quality.submissions import Judged, Report, Terms, judge, receipt_of

ENDS = {"PY1": date(2025, 12, 31)}
MEASURES = {"PY1": {"screening": "submission", "cesarean": "claims"}}
TERMS = Terms(90, Fraction("0.95"), "until_deadline")
ON_TIME, LAST_DAY, LATE = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)


def report(submission_id: str = "S1", received: date | None = ON_TIME, **changes: Any) -> Report:
    told: dict[str, Any] = {"numerator": 40, "denominator": 50, "expected_denominator": 50, "measure_id": "screening", **changes}
    return Report("E1", str(told.pop("period", "PY1")), str(told.pop("measure_id")), submission_id, received, **told)


def fate(*reports: Report, terms: Terms = TERMS) -> list[tuple[str, str, str]]:
    return [(j.report.submission_id, j.status, j.reason) for j in judge(reports, ENDS, MEASURES, terms, "demo")]


def one(item: Report, terms: Terms = TERMS) -> tuple[str, str]:
    (found,) = fate(item, terms=terms)
    return found[1:]


def test_a_report_in_time_and_complete_is_accepted() -> None:
    assert one(report()) == ("accepted", "")


@pytest.mark.parametrize(
    ("received", "expected"),
    [(LAST_DAY, ("accepted", "")), (LATE, ("rejected", "late")), (None, ("rejected", "missing_received_date"))],
)
def test_the_deadline_day_is_the_last_one(received: date | None, expected: tuple[str, str]) -> None:
    assert one(report(received=received)) == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"period": "PY9"}, "unknown_period"),
        ({"measure_id": "hand_washing"}, "unknown_measure"),
        ({"measure_id": "cesarean"}, "measured_from_claims"),
        ({"numerator": None}, "missing_counts"),
        ({"denominator": None}, "missing_counts"),
        ({"numerator": -1}, "negative_count"),
        ({"expected_denominator": -1}, "negative_count"),
        ({"numerator": 51}, "numerator_above_denominator"),
        ({"numerator": 0, "denominator": 0, "expected_denominator": 0}, "denominator_zero"),
        ({"numerator": 0, "denominator": 0, "expected_denominator": None}, "denominator_zero"),
        ({"numerator": 0, "denominator": 0, "expected_denominator": 50}, "incomplete"),
        ({"numerator": 40, "denominator": 47}, "incomplete"),
        ({"expected_denominator": None}, "missing_expected_denominator"),
        ({"value": Decimal("0.75")}, "value_disagrees"),
    ],
)
def test_a_report_that_cannot_count_says_why(changes: dict[str, Any], reason: str) -> None:
    assert one(report(**changes)) == ("rejected", reason)


def test_completeness_at_the_line_is_enough() -> None:
    assert one(report(numerator=90, denominator=95, expected_denominator=100)) == ("accepted", "")
    assert one(report(numerator=90, denominator=94, expected_denominator=100)) == ("rejected", "incomplete")
    assert one(report(expected_denominator=None), Terms(90, None, "never")) == ("accepted", "")


def test_a_value_without_counts_is_a_report_of_a_mean() -> None:
    assert one(report(numerator=None, value=Decimal("4.2"))) == ("accepted", "")
    assert one(report(value=Decimal("0.8005"))) == ("accepted", "")


@pytest.mark.parametrize(("value", "expected"), [("85", "value_out_of_range"), ("-0.1", "value_out_of_range"), ("0.85", ""), ("1", "")])
def test_a_percentage_is_no_share(value: str, expected: str) -> None:
    """85 held against a benchmark of 0.85 would earn all points."""
    sent = report(numerator=None, value=Decimal(value))
    (found,) = judge([sent], ENDS, MEASURES, TERMS, "demo", {"PY1": frozenset({"screening"})})
    assert (found.reason, found.status) == (expected, "rejected" if expected else "accepted")


def test_a_later_report_replaces_the_one_before() -> None:
    again = report("S2", date(2026, 3, 15), numerator=45)
    assert fate(report(), again) == [("S1", "superseded", "replaced_by_later"), ("S2", "accepted", "")]


def test_a_late_or_wrong_report_does_not_replace_a_good_one() -> None:
    assert fate(report(), report("S2", LATE, numerator=45)) == [("S1", "accepted", ""), ("S2", "rejected", "late")]
    wrong = report("S2", date(2026, 3, 15), numerator=60)
    assert fate(report(), wrong) == [("S1", "accepted", ""), ("S2", "rejected", "numerator_above_denominator")]


def test_a_second_report_is_taken_at_any_time_only_if_the_first_came_by_the_deadline() -> None:
    always = Terms(90, Fraction("0.95"), "any_time")
    later = report("S2", LATE, numerator=45)
    assert fate(report(), later, terms=always) == [("S1", "superseded", "replaced_by_later"), ("S2", "accepted", "")]
    assert fate(later, terms=always) == [("S2", "rejected", "late")]


def test_where_a_second_report_is_never_taken_the_first_counts() -> None:
    once = Terms(90, Fraction("0.95"), "never")
    again = report("S2", date(2026, 3, 15), numerator=45)
    assert fate(report(), again, terms=once) == [("S1", "accepted", ""), ("S2", "rejected", "first_counts")]


def test_the_same_report_twice_counts_once() -> None:
    assert fate(report(), report()) == [("S1", "accepted", ""), ("S1", "rejected", "duplicate")]
    assert fate(report(), report("S2")) == [("S1", "accepted", ""), ("S2", "rejected", "duplicate")]


def test_two_reports_of_one_day_that_differ_are_in_conflict_and_a_third_settles_it() -> None:
    two = [report(), report("S2", numerator=45)]
    assert fate(*two) == [("S1", "rejected", "conflict"), ("S2", "rejected", "conflict")]
    assert fate(*two, report("S3", date(2026, 3, 2), numerator=45))[-1] == ("S3", "accepted", "")


def test_one_id_for_two_contents_is_a_conflict() -> None:
    assert fate(report(), report(received=date(2026, 3, 5), numerator=45)) == [
        ("S1", "rejected", "conflict"),
        ("S1", "rejected", "conflict"),
    ]


def test_a_report_that_is_withdrawn_counts_no_more() -> None:
    gone = report(received=date(2026, 3, 5), numerator=None, denominator=None, is_void=True)
    assert fate(report(), gone) == [("S1", "superseded", "withdrawn"), ("S1", "rejected", "withdrawal")]
    later = report("S2", date(2026, 3, 15), numerator=45)
    assert fate(report(), gone, later)[2] == ("S2", "accepted", "")
    assert fate(report(), later, replace(gone, submission_id="S2", received_date=LATE)) == [
        ("S1", "accepted", ""),
        ("S2", "superseded", "withdrawn"),
        ("S2", "rejected", "withdrawal"),
    ]


def test_a_withdrawal_reaches_only_what_came_by_its_day_under_its_id() -> None:
    early = report(received=date(2026, 2, 1), is_void=True)
    assert fate(report(), early) == [("S1", "rejected", "withdrawal"), ("S1", "accepted", "")]
    other = report("S9", date(2026, 3, 5), is_void=True)
    assert fate(report(), other) == [("S1", "accepted", ""), ("S9", "rejected", "withdrawal")]


def test_reports_of_groups_stand_beside_the_one_of_everybody() -> None:
    assert [f[1] for f in fate(report(), report(stratum="race=B", numerator=10, denominator=20, expected_denominator=20))] == [
        "accepted"
    ] * 2


def test_receipts_can_be_made_again_and_are_never_the_same_twice() -> None:
    judged = judge([report(), report()], ENDS, MEASURES, TERMS, "demo")
    first, second = (j.receipt_id for j in judged)
    assert first == receipt_of(report(), "demo")
    assert second == f"{first}-2"
    assert receipt_of(report(numerator=41), "demo") != first
    assert receipt_of(report(), "other") != first


def test_the_order_of_arrival_in_the_file_does_not_matter() -> None:
    reports = [report(), report("S2", date(2026, 3, 15), numerator=45), report("S3", LATE)]
    assert judge(reports, ENDS, MEASURES, TERMS, "demo") == judge(reports[::-1], ENDS, MEASURES, TERMS, "demo")


def test_completeness_is_shown_where_it_can_be() -> None:
    (found,) = judge([report(denominator=48)], ENDS, MEASURES, TERMS, "demo")
    assert isinstance(found, Judged)
    assert found.completeness == Fraction("0.96")
    (unknown,) = judge([report(expected_denominator=None)], ENDS, MEASURES, TERMS, "demo")
    assert unknown.completeness is None
