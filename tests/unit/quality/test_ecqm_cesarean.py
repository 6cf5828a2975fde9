"""Cesarean birth (CMS334) on a world of our own: each threshold just below, at and just above."""

from __future__ import annotations

from typing import Any

import pytest
from unit.quality.ecqm_world import OUR_CESAREAN, Node, condition, count, encounter, observation, patient, procedure, weeks

IP, DEN, OUT, NUM = ((1, p) for p in ("initial_population", "denominator", "denominator_exclusion", "numerator"))
BORN = "2026-06-08T20:00:00Z"
STAY = encounter(diagnoses=(("Condition/single", None),))
SINGLE = condition("single", "Z37.0")
CESAREAN = procedure("10D00Z1", "2026-06-08T19:30:00Z", "2026-06-08T20:10:00Z")
VAGINAL = procedure("10E0XZZ", "2026-06-08T20:00:00Z")
TIME = observation("delivery_time", BORN, valueDateTime=BORN)
TERM = observation("EGA", "2026-06-08T09:00:00Z", valueQuantity=weeks(39))
FIRST = observation("pregnancies", "2026-01-10T09:00:00Z", valueInteger=1)
ALL = {IP: 1, DEN: 1, NUM: 1}


def stay(*instead: Node, without: tuple[Node, ...] = ()) -> dict[tuple[int, str], int]:
    """A first birth of one child at 39 weeks by cesarean, with some things instead of others."""
    usual = (patient(), STAY, SINGLE, CESAREAN, TIME, TERM, FIRST)
    return count(OUR_CESAREAN, *(node for node in usual if node not in without), *instead)


def test_a_first_single_term_birth_by_cesarean_is_in_the_numerator() -> None:
    assert stay() == ALL


def test_a_vaginal_birth_is_in_the_denominator_alone() -> None:
    assert stay(VAGINAL, without=(CESAREAN,)) == {IP: 1, DEN: 1}


def test_a_woman_without_a_delivery_procedure_is_nowhere() -> None:
    assert stay(without=(CESAREAN,)) == {}


@pytest.mark.parametrize(
    ("born", "found"),
    [("2018-06-08", ALL), ("2018-06-09", {}), ("1961-06-09", ALL), ("1961-06-08", {})],
    ids=["8 on the day", "8 on the next day", "65 on the next day", "65 on the day"],
)
def test_age_on_the_day_of_admission(born: str, found: dict[tuple[int, str], int]) -> None:
    usual = (STAY, SINGLE, CESAREAN, TIME, TERM, FIRST)
    assert count(OUR_CESAREAN, patient(born=born), *usual) == found


@pytest.mark.parametrize(("end", "found"), [("2026-12-31T23:59:00-05:00", {IP: 1}), ("2027-01-01T00:00:00-05:00", {})])
def test_the_day_a_stay_ends_is_that_of_its_own_clock(end: str, found: dict[tuple[int, str], int]) -> None:
    late = encounter(start="2026-12-30T08:00:00-05:00", end=end)
    assert count(OUR_CESAREAN, patient(), late, procedure("10E0XZZ", "2026-12-30T09:00:00-05:00")) == found


@pytest.mark.parametrize(("days", "found"), [(258, {IP: 1}), (259, ALL), (280, ALL), (294, ALL)], ids=["36w6d", "37w0d", "40w0d", "42w0d"])
def test_weeks_counted_from_the_due_date(days: int, found: dict[tuple[int, str], int]) -> None:
    due = {258: "2026-06-30", 259: "2026-06-29", 280: "2026-06-08", 294: "2026-05-25"}[days]
    assert stay(observation("due_date", "2026-06-01T09:00:00Z", valueDateTime=due), without=(TERM,)) == found


def test_the_due_date_comes_before_the_estimate() -> None:
    early = observation("due_date", "2026-06-01T09:00:00Z", valueDateTime="2026-07-20")
    assert stay(early) == {IP: 1}


@pytest.mark.parametrize(
    ("assessed", "found"),
    [("2025-08-18T20:00:00Z", ALL), ("2025-08-18T19:59:59Z", {IP: 1}), (BORN, ALL), ("2026-06-08T20:00:01Z", {IP: 1})],
    ids=["42 weeks before", "a second more", "at birth", "a second later"],
)
def test_a_due_date_counts_if_it_was_assessed_in_this_pregnancy(assessed: str, found: dict[tuple[int, str], int]) -> None:
    assert stay(observation("due_date", assessed, valueDateTime="2026-06-08"), without=(TERM,)) == found


@pytest.mark.parametrize(
    ("quantity", "found"),
    [
        (weeks(37), ALL),
        (weeks(36.9), {IP: 1}),
        (weeks(259, "d"), ALL),
        (weeks(258, "d"), {IP: 1}),
        ({"value": 38, "unit": "Weeks"}, ALL),
        (weeks(38, "cm"), {IP: 1}),
        ({"value": 38, "code": "wk", "comparator": ">"}, {IP: 1}),
        ({"code": "wk"}, {IP: 1}),
    ],
    ids=["37", "36.9", "259 days", "258 days", "unit in words", "centimeters", "more than 38", "no number"],
)
def test_weeks_as_estimated(quantity: Node, found: dict[tuple[int, str], int]) -> None:
    assert stay(observation("EGA", BORN, valueQuantity=quantity), without=(TERM,)) == found


@pytest.mark.parametrize(
    ("at", "found"),
    [("2026-06-07T20:00:00Z", ALL), ("2026-06-07T19:59:00Z", {IP: 1}), ("2026-06-08T23:00:00Z", ALL), ("2026-06-09T01:00:00Z", {IP: 1})],
    ids=["24 hours before", "a minute more", "later that day", "the day after"],
)
def test_an_estimate_counts_in_the_day_before_birth_or_on_its_day(at: str, found: dict[tuple[int, str], int]) -> None:
    assert stay(observation("EGA", at, valueQuantity=weeks(39)), without=(TERM,)) == found


def test_the_last_estimate_counts() -> None:
    assert stay(observation("EGA", "2026-06-08T10:00:00Z", valueQuantity=weeks(36))) == {IP: 1}


def test_a_coded_week_counts_only_where_there_is_nothing_better() -> None:
    coded = encounter(diagnoses=(("Condition/single", None), ("Condition/week", None)))
    week = condition("week", "Z3A.39")
    assert stay(coded, week, without=(STAY, TERM)) == ALL
    assert stay(coded, week, observation("EGA", BORN, valueQuantity=weeks(36)), without=(STAY, TERM)) == {IP: 1}
    assert stay(coded, week, observation("EGA", BORN, valueQuantity=weeks(39, "cm")), without=(STAY, TERM)) == {IP: 1}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ((("pregnancies", 1),), ALL),
        ((("pregnancies", 2),), {IP: 1}),
        ((("parity", 0),), ALL),
        ((("parity", 1),), {IP: 1}),
        ((("preterm_births", 0), ("term_births", 0)), ALL),
        ((("preterm_births", 0), ("term_births", 1)), {IP: 1}),
        ((("preterm_births", 0),), {IP: 1}),
        ((("pregnancies", 2), ("parity", 0)), ALL),
        ((), {IP: 1}),
    ],
)
def test_a_first_birth_is_told_by_any_of_three_counts(told: tuple[tuple[str, int], ...], found: dict[tuple[int, str], int]) -> None:
    histories = [observation(word, "2026-01-10T09:00:00Z", valueInteger=number) for word, number in told]
    assert stay(*histories, without=(FIRST,)) == found


@pytest.mark.parametrize(
    ("at", "found"),
    [("2025-08-18T20:00:00Z", ALL), ("2025-08-18T19:59:00Z", {IP: 1}), ("2026-06-08T19:59:00Z", ALL), (BORN, {IP: 1})],
    ids=["42 weeks before", "a minute more", "a minute before birth", "at birth"],
)
def test_counts_are_told_before_birth_within_the_pregnancy(at: str, found: dict[tuple[int, str], int]) -> None:
    assert stay(observation("pregnancies", at, valueInteger=1), without=(FIRST,)) == found


def test_the_last_count_told_wins_and_one_without_a_value_is_none() -> None:
    later = "2026-03-01T09:00:00Z"
    assert stay(observation("pregnancies", later, valueInteger=2)) == {IP: 1}
    assert stay(observation("pregnancies", later)) == ALL
    assert stay(observation("pregnancies", later, valueInteger=2, status="entered-in-error")) == ALL


def test_without_one_child_coded_the_denominator_is_empty() -> None:
    assert stay(encounter(), without=(STAY,)) == {IP: 1}


@pytest.mark.parametrize("code", ["O32.1XX0", "O44.03"])
def test_presentation_and_placenta_exclude(code: str) -> None:
    both = encounter(diagnoses=(("Condition/single", None), ("Condition/other", None)))
    assert stay(both, condition("other", code), without=(STAY,)) == {IP: 1, DEN: 1, OUT: 1}


def test_a_condition_that_the_encounter_does_not_name_excludes_nobody() -> None:
    assert stay(condition("other", "O32.1XX0")) == ALL


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-06-08T08:00:00Z", {IP: 1, DEN: 1, OUT: 1}),
        ("2026-06-08T07:59:00Z", ALL),
        (BORN, {IP: 1, DEN: 1, OUT: 1}),
        ("2026-06-08T20:01:00Z", ALL),
    ],
    ids=["at admission", "a minute before", "at birth", "a minute after"],
)
def test_a_breech_seen_in_the_stay_before_birth_excludes(at: str, found: dict[tuple[int, str], int]) -> None:
    assert stay(observation("BREECH", at)) == found


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (("2026-06-08T08:00:00Z", "2026-06-10T08:00:00Z"), ALL),
        (("2026-06-08T08:00:00Z", "2026-06-10T08:00:01Z"), {IP: 1, DEN: 1}),
        (("2026-06-08T07:59:00Z", "2026-06-08T09:00:00Z"), {}),
        (("2026-06-08T09:00:00Z", None), ALL),
    ],
    ids=["the whole stay", "beyond its end", "from before its start", "a moment in it"],
)
def test_the_cesarean_lies_in_the_stay(period: tuple[str, str | None], found: dict[tuple[int, str], int]) -> None:
    assert stay(procedure("10D00Z1", *period), without=(CESAREAN,)) == found


@pytest.mark.parametrize("status", ["in-progress", "not-done", "entered-in-error"])
def test_only_a_completed_procedure_counts(status: str) -> None:
    assert stay(VAGINAL, procedure("10D00Z1", BORN, name="c", status=status), without=(CESAREAN,)) == {IP: 1, DEN: 1}


@pytest.mark.parametrize(
    ("ended", "found"),
    [("2026-06-08T08:00:00Z", {IP: 1}), ("2026-06-08T07:00:00Z", {IP: 1}), ("2026-06-08T06:59:00Z", {}), ("2026-06-08T08:01:00Z", {})],
    ids=["as the stay starts", "an hour before", "a minute more", "after its start"],
)
def test_a_visit_that_ran_into_the_stay_begins_the_hospitalization(ended: str, found: dict[tuple[int, str], int]) -> None:
    visit = encounter("v", "OBS", "2026-06-08T03:00:00Z", ended)
    assert count(OUR_CESAREAN, patient(), encounter(), visit, procedure("10E0XZZ", "2026-06-08T03:00:00Z")) == found


def test_triage_then_observation_then_the_stay() -> None:
    triage = encounter("t", "TRIAGE", "2026-06-08T01:00:00Z", "2026-06-08T02:30:00Z")
    observed = encounter("o", "OBS", "2026-06-08T03:00:00Z", "2026-06-08T07:30:00Z")
    birth = procedure("10E0XZZ", "2026-06-08T01:00:00Z")
    assert count(OUR_CESAREAN, patient(), encounter(), triage, observed, birth) == {IP: 1}
    assert count(OUR_CESAREAN, patient(), encounter(), triage, birth) == {}


def test_two_births_in_a_year_are_two_stays() -> None:
    later = encounter("e2", start="2026-12-01T08:00:00Z", end="2026-12-03T08:00:00Z", diagnoses=(("Condition/single", None),))
    again = "2026-12-01T20:00:00Z"
    more: list[Any] = [later, procedure("10E0XZZ", again), observation("delivery_time", again, valueDateTime=again)]
    told = observation("parity", "2026-11-30T08:00:00Z", valueInteger=1)
    assert stay(*more, observation("EGA", again, valueQuantity=weeks(39)), told) == {IP: 2, DEN: 1, NUM: 1}


def test_the_time_of_birth_lies_in_the_stay_and_was_noted_in_it() -> None:
    outside = "2026-06-10T08:01:00Z"
    assert stay(observation("delivery_time", BORN, valueDateTime=outside), without=(TIME,)) == {IP: 1}
    assert stay(observation("delivery_time", outside, valueDateTime=BORN), without=(TIME,)) == {IP: 1}
    assert stay(observation("delivery_time", BORN, valueDateTime="2026-06-08"), without=(TIME,)) == {IP: 1}
