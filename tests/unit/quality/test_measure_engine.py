"""Every kind of criterion at its edges, and the statuses, evidence and counts made of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from unit.quality.measure_world import BIRTH, Row, World, day

from trueup.engine.dialect import lint
from trueup.quality import stage as quality
from trueup.rules.measure_model import Criterion, Measure, MeasureVersion
from trueup.rules.program import Code, ValueSet


def value_set(name: str, *codes: tuple[str, str] | tuple[str, str, date | None, date | None]) -> ValueSet:
    made = [Code(c[1], c[0], c[2] if len(c) > 2 else None, c[3] if len(c) > 2 else None, None, "T") for c in codes]  # type: ignore[misc]
    return ValueSet(name, "common", tuple(made))


SETS = {
    s.name: s
    for s in (
        value_set("visit", ("99213", "hcpcs"), ("Z392", "icd-10-cm"), ("0510", "revenue"), ("00093310505", "ndc"), ("807", "ms-drg")),
        value_set("surgery", ("10D00Z1", "icd-10-pcs")),
        value_set("pregnancy", ("O09", "icd-10-cm-category")),
        value_set("newborn", ("Z38", "icd-10-cm-category")),
        value_set("dated", ("G2011", "hcpcs", date(2025, 1, 1), date(2025, 7, 1))),
    )
}


def fact(name: str, operator: str, value: int | None = None, value_to: int | None = None, *, group: str = "") -> Criterion:
    return Criterion(f"f_{name}", group or f"f_{name}", fact=name, operator=operator, value=value, value_to=value_to)


def event(value_set: str = "visit", first: int | None = None, last: int | None = None, *, since: str = "anchor", **more: Any) -> Criterion:
    name = more.pop("id", f"e_{value_set}")
    return Criterion(
        name,
        more.pop("group", name),
        value_set=value_set,
        from_date=since,
        to_date=more.pop("to", since),
        first_day=first,
        last_day=last,
        **more,
    )


def measure(
    numerator: tuple[Criterion, ...] = (), population: tuple[Criterion, ...] = (), exclusions: tuple[Criterion, ...] = (),
    exceptions: tuple[Criterion, ...] = (), *, years: tuple[int, int | None] = (2016, None), unit: str = "episode", of: str | None = None,
) -> Measure:  # fmt: skip
    version = MeasureVersion(*years, "T", population, exclusions, exceptions, numerator)
    return Measure("m", "M", unit, "mean" if of else "proportion", "higher", of, None, "nothing", (version,))


def status(world: World, m: Measure) -> dict[str, str]:
    return {r["unit_id"]: r["status"] for r in world.run([m], SETS)["measure_results"]}


def found(world: World, m: Measure) -> bool:
    """Whether the numerator of the only unit holds."""
    return status(world, m)["U1"] == "numerator"


def test_the_steps_keep_to_the_dialect() -> None:
    assert [problem for step in quality.STEPS for problem in lint(step)] == []


@pytest.mark.parametrize(
    ("operator", "value", "value_to", "holds"),
    [
        ("lt", 37, None, (36,)), ("le", 37, None, (36, 37)), ("eq", 37, None, (37,)), ("ne", 37, None, (36, 38)),
        ("ge", 37, None, (37, 38)), ("gt", 37, None, (38,)), ("between", 37, 38, (37, 38)), ("known", None, None, (36, 37, 38)),
    ],
)  # fmt: skip
def test_a_fact_is_compared_just_below_at_and_just_above(
    operator: str, value: int | None, value_to: int | None, holds: tuple[int, ...]
) -> None:
    world = World()
    for weeks in (36, 37, 38):
        world.unit(f"U{weeks}", facts={"weeks": weeks})
    world.unit("U0")
    got = status(world, measure((fact("weeks", operator, value, value_to),)))
    assert {u for u, s in got.items() if s == "numerator"} == {f"U{w}" for w in holds}
    assert got["U0"] == "denominator"  # what is not known satisfies nothing


@pytest.mark.parametrize(("offset", "holds"), [(6, False), (7, True), (84, True), (85, False)])
def test_days_are_counted_from_the_anchor_both_ends_included(offset: int, holds: bool) -> None:
    assert found(World().unit().claim(day(offset), hcpcs="99213"), measure((event("visit", 7, 84),))) is holds


@pytest.mark.parametrize(
    ("since", "to", "first", "last", "offset"),
    [
        ("start", "start", 0, 0, -280), ("end", "end", 0, 0, 90), ("stay_start", "stay_start", 0, 0, -1), ("stay_end", "stay_end", 0, 0, 2),
        ("start", "anchor", 0, -1, -280), ("start", "anchor", 0, -1, -1), ("stay_start", "stay_end", 0, 0, 2), ("anchor", "anchor", -5,
            -5, -5),
    ],
)  # fmt: skip
def test_any_date_of_the_unit_can_open_and_close_the_span(since: str, to: str, first: int, last: int, offset: int) -> None:
    m = measure((event("visit", first, last, since=since, to=to),))
    assert found(World().unit().claim(day(offset), hcpcs="99213"), m)


@pytest.mark.parametrize("offset", [-281, 0])
def test_a_span_from_start_to_the_day_before_birth_is_closed_at_both_ends(offset: int) -> None:
    m = measure((event("visit", 0, -1, since="start", to="anchor"),))
    assert not found(World().unit().claim(day(offset), hcpcs="99213"), m)


def test_an_absent_end_is_open() -> None:
    early, late = World().unit().claim(date(2001, 1, 1), hcpcs="99213"), World().unit().claim(date(2040, 1, 1), hcpcs="99213")
    assert found(early, measure((event("visit", None, 0),)))
    assert not found(late, measure((event("visit", None, 0),)))
    assert found(late, measure((event("visit", 0, None),)))


def test_a_unit_without_the_date_finds_nothing() -> None:
    world = World().unit().claim(day(0), hcpcs="99213")
    world.tables["measure_units"][0]["stay_end_date"] = None
    assert not found(world, measure((event("visit", 0, 5, since="stay_end"),)))
    assert not found(world, measure((event("visit", -500, 5, since="start", to="stay_end"),)))
    assert found(world, measure((event("visit", -500, None, since="start", to="stay_end"),)))


def test_every_source_of_codes_is_an_event() -> None:
    m = measure((event("visit", 0, 0),))
    assert found(World().unit().claim(day(0), dx="Z392"), m)
    assert found(World().unit().claim(day(0), revenue="0510", kind="institutional"), m)
    assert found(World().unit().claim(day(0), ndc="00093310505", kind="pharmacy"), m)
    assert found(World().unit().claim(day(0), drg="807", kind="institutional"), m)
    assert found(World().unit().claim(day(0), dx="O09511"), measure((event("pregnancy", 0, 0),)))  # by category
    assert not found(World().unit().claim(day(0), hcpcs="99214"), m)
    assert not found(World().unit().claim(day(0), "M-other", hcpcs="99213"), m)


def test_a_diagnosis_stands_on_the_admission_day_and_a_procedure_on_its_own() -> None:
    stay: dict[str, Any] = {"kind": "institutional", "bill": "111", "admitted": day(-1)}
    world = World().unit().claim(day(3), dx="Z392", px=[("10D00Z1", day(1))], **stay)
    assert found(world, measure((event("visit", -1, -1),)))
    assert found(world, measure((event("surgery", 1, 1),)))
    undated = World().unit().claim(day(3), px=[("10D00Z1", None)], **stay)
    assert found(undated, measure((event("surgery", -1, -1),)))
    outpatient = World().unit().claim(day(3), dx="Z392", kind="institutional", bill="131", admitted=day(-1))
    assert found(outpatient, measure((event("visit", 3, 3),)))


@pytest.mark.parametrize(
    ("when", "holds"), [(date(2024, 12, 31), False), (date(2025, 1, 1), True), (date(2025, 6, 30), True), (date(2025, 7, 1), False)]
)
def test_a_code_counts_only_on_days_on_which_it_is_in_force(when: date, holds: bool) -> None:
    assert found(World().unit().claim(when, hcpcs="G2011"), measure((event("dated", -400, 400),))) is holds


def test_events_and_days_are_counted_apart() -> None:
    twice = World().unit().claim(day(1), hcpcs=("99213", "99213")).claim(day(1), hcpcs="99213")
    assert found(twice, measure((event("visit", 0, 9, at_least=3),)))
    assert not found(twice, measure((event("visit", 0, 9, at_least=4),)))
    assert found(twice, measure((event("visit", 0, 9, at_least=1, distinct_days=True),)))
    assert not found(twice, measure((event("visit", 0, 9, at_least=2, distinct_days=True),)))
    assert found(twice.claim(day(2), hcpcs="99213"), measure((event("visit", 0, 9, at_least=2, distinct_days=True),)))


def test_two_codes_of_one_set_on_one_header_are_one_event() -> None:
    world = World().unit().claim(day(1), dx=("Z392", "Z392"))
    assert not found(world, measure((event("visit", 0, 9, at_least=2),)))


def test_claim_type_setting_and_position_narrow_events() -> None:
    def holds(world: World, **more: Any) -> bool:
        return found(world, measure((event("visit", 0, 9, **more),)))

    office = World().unit().claim(day(1), hcpcs="99213")
    assert holds(office, claim_type="professional")
    assert not holds(office, claim_type="institutional")
    assert holds(office, setting="other")
    assert not holds(office, setting="emergency")
    er = World().unit().claim(day(1), hcpcs="99213", place="23")
    assert holds(er, setting="emergency")
    assert not holds(er, setting="other")
    room = World().unit().claim(day(1), dx="Z392", revenue="0450", kind="institutional", bill="131")
    assert holds(room, setting="emergency")
    admitted = World().unit().claim(day(1), dx="Z392", revenue="0450", kind="institutional", bill="111", admitted=day(1))
    assert holds(admitted, setting="inpatient")
    assert not holds(admitted, setting="emergency")
    first, second = World().unit().claim(day(1), dx=("Z392", "O80")), World().unit().claim(day(1), dx=("O80", "Z392"))
    assert holds(first, principal=True)
    assert not holds(second, principal=True)
    assert holds(second)


def test_codes_beside_it_on_the_same_claim_let_an_event_count_or_not() -> None:
    with_ = measure((event("visit", 0, 9, with_set="pregnancy"),))
    without = measure((event("visit", 0, 9, without_set="newborn"),))
    together = World().unit().claim(day(1), hcpcs="99213", dx="O09511")
    apart = World().unit().claim(day(1), hcpcs="99213").claim(day(1), dx="O09511")
    child = World().unit().claim(day(1), hcpcs="99213", dx="Z3800")
    assert (found(together, with_), found(apart, with_)) == (True, False)
    assert (found(together, without), found(child, without)) == (True, False)


def test_groups_are_alternatives_and_all_groups_must_hold() -> None:
    either = (event("visit", 0, 9, group="g"), event("surgery", 0, 9, group="g"))
    both = (event("visit", 0, 9), event("surgery", 0, 9))
    world = World().unit().claim(day(1), hcpcs="99213")
    assert found(world, measure(either))
    assert not found(world, measure(both))
    assert found(world.claim(day(2), px=[("10D00Z1", day(2))]), measure(both))
    assert status(World().unit(), measure(either)) == {"U1": "denominator"}


def test_a_unit_outside_the_population_has_no_row() -> None:
    world = World().unit("IN", facts={"age": 20}).unit("OUT", facts={"age": 10}).unit("UNKNOWN")
    tables = world.run([measure((event(),), (fact("age", "ge", 15),))], SETS)
    assert [(r["unit_id"], r["status"]) for r in tables["measure_results"]] == [("IN", "denominator")]
    assert {r["unit_id"] for r in tables["measure_evidence"]} == {"IN"}


def test_excluded_goes_before_numerator_and_numerator_before_excepted() -> None:
    world = World()
    for name in ("none", "n", "x", "e", "nx", "ne", "xe", "nxe"):
        facts = {"n": int("n" in name and name != "none"), "x": int("x" in name), "e": int(name in ("e", "ne", "xe", "nxe"))}
        world.unit(name, facts=facts)
    m = measure((fact("n", "eq", 1),), (), (fact("x", "eq", 1),), (fact("e", "eq", 1),))
    assert status(world, m) == {
        "none": "denominator", "n": "numerator", "x": "excluded", "e": "excepted", "nx": "excluded", "ne": "numerator", "xe": "excluded",
        "nxe": "excluded",
    }  # fmt: skip


def test_any_one_exclusion_suffices() -> None:
    m = measure((fact("n", "eq", 1),), (), (fact("x", "eq", 1), event("surgery", 0, 9)))
    assert status(World().unit().claim(day(1), px=[("10D00Z1", None)]), m) == {"U1": "excluded"}


@pytest.mark.parametrize(("year", "expected"), [(2023, None), (2024, "2024"), (2025, "2024"), (2026, "2026"), (2030, "2026")])
def test_the_version_of_the_anchor_year_holds(year: int, expected: str | None) -> None:
    versions = tuple(MeasureVersion(a, b, "T", (), (), (), (fact("n", "known"),)) for a, b in ((2024, 2025), (2026, None)))
    m = Measure("m", "M", "episode", "proportion", "higher", None, None, "nothing", versions)
    rows = World().unit(anchor=date(year, 12, 31)).run([m], SETS)["measure_results"]
    assert [r["version"] for r in rows] == ([expected] if expected else [])


def test_a_measure_looks_at_units_of_its_kind_only() -> None:
    world = World().unit("E").unit("S", kind="stay", member="M-E").claim(day(0), "M-E", hcpcs="99213")
    assert status(world, measure((event("visit", 0, 0),), unit="stay")) == {"S": "numerator"}


def test_evidence_says_what_was_found_met_or_not() -> None:
    world = (
        World()
        .unit(facts={"age": 30})
        .claim(day(5), hcpcs="99213", claim_id="B")
        .claim(day(5), hcpcs="99213", claim_id="A")
        .claim(day(6), hcpcs="99213")
    )
    m = measure((event("visit", 0, 9, at_least=4), event("surgery", 0, 9)), (fact("age", "ge", 15),))
    rows = world.run([m], SETS)["measure_evidence"]
    assert [tuple(r.values()) for r in rows] == [
        ("m", "U1", "numerator", "e_visit", False, 3, day(5), "A", None),
        ("m", "U1", "population", "f_age", True, None, None, None, 30),
    ]


def counts(rows: list[Row]) -> dict[tuple[str, str], tuple[int, ...]]:
    return {
        (r["entity_id"], f"{r['stratum']}={r['stratum_value']}"): (r["denominator"], r["numerator"], r["excluded"], r["excepted"])
        for r in rows
    }


def test_counts_are_by_entity_period_and_stratum_and_leave_out_who_has_no_entity() -> None:
    world = World()
    m = measure((fact("n", "eq", 1),), (), (fact("x", "eq", 1),), (fact("e", "eq", 1),))
    world.unit("1", facts={"n": 1}, strata={"race": "a", "age": "y"}).unit("2", strata={"race": "b", "age": "y"})
    world.unit("3", facts={"x": 1}, strata={"race": "a", "age": "y"}).unit("4", facts={"e": 1}, strata={"race": "a", "age": "y"})
    world.unit("5", entity="B", strata={"race": "a"}).unit("6", entity=None, facts={"n": 1}, strata={"race": "a"})
    tables = world.run([m], SETS)
    assert len(tables["measure_results"]) == 6
    assert counts(tables["measure_counts"]) == {
        ("A", "all=all"): (2, 1, 1, 1), ("A", "race=a"): (1, 1, 1, 1), ("A", "race=b"): (1, 0, 0, 0), ("A", "age=y"): (2, 1, 1, 1),
        ("B", "all=all"): (1, 0, 0, 0), ("B", "race=a"): (1, 0, 0, 0),
    }  # fmt: skip


def test_a_mean_has_a_histogram_of_known_values() -> None:
    world = World().unit("1", facts={"days": 3}).unit("2", facts={"days": 3}).unit("3", facts={"days": 9}).unit("4")
    world.unit("5", facts={"days": 4, "x": 1}).unit("6", entity=None, facts={"days": 5}).unit("7", period="P2", facts={"days": 3})
    m = measure((), (fact("days", "known"),), (fact("x", "eq", 1),), of="days")
    tables = world.run([m], SETS)
    assert [tuple(r.values()) for r in tables["measure_values"]] == [("m", "A", "P1", 3, 2), ("m", "A", "P1", 9, 1), ("m", "A", "P2", 3, 1)]
    assert counts(tables["measure_counts"])["A", "all=all"] in {(3, 0, 1, 0), (1, 0, 0, 0)}
    assert status(world, m) == {
        "1": "denominator",
        "2": "denominator",
        "3": "denominator",
        "5": "excluded",
        "6": "denominator",
        "7": "denominator",
    }


def test_no_measure_and_no_unit_give_empty_tables() -> None:
    assert all(not rows for rows in World().unit().claim(day(0), hcpcs="99213").run([], SETS).values())
    assert World().claim(day(0), hcpcs="99213").run([measure((event(),))], SETS)["measure_results"] == []


def test_one_member_may_have_two_units_and_each_finds_its_own_events() -> None:
    world = World().unit("1", member="M").unit("2", member="M", anchor=date(2023, 6, 15)).claim(BIRTH, "M", hcpcs="99213")
    assert status(world, measure((event("visit", 0, 0),))) == {"1": "numerator", "2": "denominator"}
