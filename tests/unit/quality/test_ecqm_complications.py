"""Severe obstetric complications (CMS1028) on a world of our own: diagnoses, procedures, transfusion, death, and what explains them."""

from __future__ import annotations

import pytest
from unit.quality.ecqm_world import (
    LOCAL,
    OUR_COMPLICATIONS,
    Node,
    concept,
    condition,
    count,
    encounter,
    observation,
    patient,
    procedure,
    weeks,
)

BORN = "2026-06-08T20:00:00Z"
VAGINAL = procedure("10E0XZZ", BORN)
TRANSFUSION = procedure("30233N1", "2026-06-09T03:00:00Z")
HYSTERECTOMY = procedure("0UT90ZZ", "2026-06-08T21:00:00Z")
VENTILATION = procedure("5A1935Z", "2026-06-08T22:00:00Z")
INVASION = condition("placenta", "O43.233")
Found = dict[tuple[int, str], int]


def rates(*, measured: bool = True, any_kind: bool = False, but_transfusion: bool = False, expected: tuple[int, ...] = ()) -> Found:
    """The populations of one stay by their rates."""
    found: Found = {(group, "initial_population"): 1 for group in (1, 2)}
    if measured:
        found |= {(group, "denominator"): 1 for group in (1, 2)}
    found |= {(1, "numerator"): 1} if any_kind else {}
    found |= {(2, "numerator"): 1} if but_transfusion else {}
    return found | {(group, "numerator_exclusion"): 1 for group in expected}


BOTH = rates(any_kind=True, but_transfusion=True)


def stay(
    *more: Node, diagnoses: tuple[tuple[str, str | None], ...] = (), year: int = 2026, length: float = 39, **encounter_more: Node
) -> Found:
    time = observation("delivery_time", BORN, valueDateTime=BORN)
    term = observation("EGA", BORN, valueQuantity=weeks(length))
    usual = (patient(), encounter(diagnoses=diagnoses, **encounter_more), VAGINAL, time, term)
    return count(OUR_COMPLICATIONS, *usual, *more, year=year)


def test_a_stay_without_a_complication() -> None:
    assert stay() == rates()


@pytest.mark.parametrize(("length", "measured"), [(20, True), (19.9, False)])
def test_from_twenty_weeks(length: float, measured: bool) -> None:
    assert stay(TRANSFUSION, HYSTERECTOMY, length=length) == (BOTH if measured else rates(measured=False))


@pytest.mark.parametrize(("flag", "counts"), [("N", True), ("U", True), ("Y", False), ("1", False), (None, False)])
def test_a_diagnosis_counts_if_it_came_up_in_the_stay(flag: str | None, counts: bool) -> None:
    assert stay(condition("c", "O15.0"), diagnoses=(("Condition/c", flag),)) == (BOTH if counts else rates())


def test_each_diagnosis_has_its_own_flag() -> None:
    sepsis, other = condition("s", "A32.7"), condition("o", "D50.1")
    assert stay(sepsis, other, diagnoses=(("Condition/s", "Y"), ("Condition/o", "N"))) == rates()
    assert stay(sepsis, other, diagnoses=(("Condition/o", "Y"), ("Condition/s", "N"))) == BOTH


def test_a_transfusion_alone_counts_in_the_first_rate_only() -> None:
    assert stay(TRANSFUSION) == rates(any_kind=True)


@pytest.mark.parametrize("node", [HYSTERECTOMY, VENTILATION])
def test_other_procedures_count_in_both_rates(node: Node) -> None:
    assert stay(node) == BOTH


def test_death_counts_in_both_rates() -> None:
    assert stay(hospitalization={"dischargeDisposition": concept(LOCAL, "DIED")}) == BOTH
    assert stay(hospitalization={"dischargeDisposition": concept(LOCAL, "HOME")}) == rates()


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ((), rates()),
        ((TRANSFUSION,), rates(any_kind=True, expected=(1,))),
        ((HYSTERECTOMY,), rates(any_kind=True, but_transfusion=True, expected=(1, 2))),
        ((TRANSFUSION, VENTILATION), BOTH),
    ],
    ids=["alone", "with transfusion", "with hysterectomy", "with another complication"],
)
def test_an_invasive_placenta_explains_transfusion_and_hysterectomy(more: tuple[Node, ...], found: Found) -> None:
    assert stay(INVASION, *more, diagnoses=(("Condition/placenta", "Y"),)) == found


def test_a_further_diagnosis_or_death_is_not_explained_by_the_placenta() -> None:
    named = (("Condition/placenta", "Y"), ("Condition/c", "N"))
    assert stay(INVASION, condition("c", "O15.0"), HYSTERECTOMY, diagnoses=named) == BOTH
    died: Node = {"dischargeDisposition": concept(LOCAL, "DIED")}
    assert stay(INVASION, HYSTERECTOMY, diagnoses=named[:1], hospitalization=died) == BOTH


@pytest.mark.parametrize(("year", "counts"), [(2025, True), (2026, False)])
def test_until_2025_a_procedure_counts_on_the_days_of_the_stay_since_then_inside_it(year: int, counts: bool) -> None:
    born = f"{year}-06-08T20:00:00Z"
    stayed = encounter(start=f"{year}-06-08T08:00:00Z", end=f"{year}-06-10T08:00:00Z")
    told = observation("delivery_time", born, valueDateTime=born), observation("EGA", born, valueQuantity=weeks(39))
    late = procedure("0UT90ZZ", f"{year}-06-10T09:00:00Z")
    found = count(OUR_COMPLICATIONS, patient(), stayed, procedure("10E0XZZ", born), *told, late, year=year)
    assert found == (BOTH if counts else rates())


def test_a_procedure_of_a_day_without_a_clock_counts_by_day_only() -> None:
    born = "2025-06-08T20:00:00Z"
    stayed = encounter(start="2025-06-08T08:00:00Z", end="2025-06-10T08:00:00Z")
    told = observation("delivery_time", born, valueDateTime=born), observation("EGA", born, valueQuantity=weeks(39))
    usual = (patient(), stayed, *told, procedure("30233N1", "2025-06-09"))
    assert count(OUR_COMPLICATIONS, *usual, procedure("10E0XZZ", born), year=2025) == rates(any_kind=True)
    assert count(OUR_COMPLICATIONS, *usual, procedure("10E0XZZ", "2025-06-09"), year=2025) == {}


def test_a_dangling_diagnosis_counts_for_nothing() -> None:
    assert stay(condition("c", "O15.0"), diagnoses=(("Condition/other", "N"),)) == rates()


def test_mended_on_request() -> None:
    time, term = observation("delivery_time", BORN, valueDateTime=BORN), observation("EGA", BORN, valueQuantity=weeks(39))
    lost = encounter(diagnoses=(("Condition/other", "N"),))
    usual = (patient(), lost, VAGINAL, time, term, condition("c", "O15.0"))
    assert count(OUR_COMPLICATIONS, *usual) == rates()
    assert count(OUR_COMPLICATIONS, *usual, mend=True) == BOTH


def test_another_persons_procedure_counts_for_nobody_else() -> None:
    others = procedure("0UT90ZZ", "2026-06-08T21:00:00Z", who="p2")
    assert stay(patient("p2"), others) == rates()
