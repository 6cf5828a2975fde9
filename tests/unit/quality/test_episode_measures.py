"""Facts, dates and strata of episodes as units of measures, each at its edges. One flow over many small members."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.quality.measure_world import BIRTH, Row, day

from trueup import pipeline
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine
from trueup.engine.dialect import lint
from trueup.inputs import register_batches
from trueup.quality.episodes import stage
from trueup.rules.load import load_program
from trueup.rules.unit_facts import UNIT_FACTS

START = BIRTH - timedelta(days=39 * 7)
TIN = "060000001"


class Book:
    """Claims and enrollment of many members."""

    def __init__(self) -> None:
        self.claims: list[Row] = []
        self.spans: list[Row] = []

    def line(self, member: str, on: date, code: str, *dx: str, **more: Any) -> None:
        self.claims.append(
            {
                "claim_id": f"C{len(self.claims)}", "claim_line_number": 1, "version_seq": 1, "record_type": "original",
                "claim_status": "paid",
                "claim_type": "professional", "member_id": member, "claim_start_date": on, "hcpcs_code": code, "billing_tin": TIN,
                "paid_amount": "10.00", **{f"diagnosis_code_{n}": d for n, d in enumerate(dx, 1)}, **more,
            }
        )  # fmt: skip

    def birth(self, member: str, *dx: str, on: date = BIRTH, code: str = "59409") -> None:
        self.line(member, on, code, *(dx or ("O80", "Z370", "Z3A39")), place_of_service_code="21")

    def visit(self, member: str, *days_after_start: int, dx: tuple[str, ...] = ("Z3482",), code: str = "99213", **more: Any) -> None:
        for offset in days_after_start:
            self.line(member, START + timedelta(days=offset), code, *dx, **more)

    def span(self, member: str, first: date, last: date | None, **more: Any) -> None:
        self.spans.append({"member_id": member, "person_id": member, "enrollment_start_date": first, "enrollment_end_date": last, **more})


def book() -> Book:
    b = Book()
    for name in ["plain", "uncoded_week", "still", "no_outcome", "twins", "cesarean"]:
        dx = {"uncoded_week": ("O80", "Z370"), "still": ("O80", "Z371", "Z3A39"), "no_outcome": ("O80", "Z3A39"),
              "twins": ("O80", "Z372", "Z3A36"), "cesarean": ("O82", "Z370", "Z3A39")}  # fmt: skip
        b.birth(name, *dx.get(name, ()), code="59514" if name == "cesarean" else "59409")
    for name in ("edges", "late", "unseen", "last_day", "many"):
        b.birth(name)
    b.visit("edges", -1, 0, 0, 272, 273)  # the day before the pregnancy and the day of birth are outside; two on a day are one
    b.visit("edges", 100, dx=("J069",))  # another reason
    b.visit("edges", 101, dx=())  # no reason at all
    b.visit("edges", 102, code="99213", claim_type="institutional", bill_type_code="111", admission_date=START + timedelta(days=102))
    b.visit("late", 200)
    b.visit("last_day", 272)
    b.visit("many", *range(56, 273, 7))
    b.birth("two_births", on=date(2024, 2, 1))
    b.birth("two_births")
    b.birth("echo")
    b.birth("echo", on=day(100))  # a second birth after 100 days is an echo
    b.birth("outside", on=date(2022, 6, 15))
    b.line("nobody", BIRTH, "59409", "O80", "Z370", "Z3A39", place_of_service_code="21", billing_tin=None)
    for name in [
        "whole",
        "gap_before",
        "ends_60",
        "ends_59",
        "joined",
        "late_start",
        "not_at_birth",
        "told_late",
        "birthday",
        "day_before",
    ]:
        b.birth(name)
    b.span("plain", date(2020, 1, 1), None)
    b.span("whole", day(-43), day(90), race="white", ethnicity="hispanic", zip_code="06101", birth_date=date(2000, 6, 16))
    b.span("gap_before", day(-42), day(90))
    b.span("gap_before", date(2020, 1, 1), day(-44), race="old")
    b.span("ends_60", date(2020, 1, 1), day(60))
    b.span("ends_59", date(2020, 1, 1), day(59))
    b.span("joined", date(2020, 1, 1), day(-11), race="first")
    b.span("joined", day(-10), day(40), race="second")
    b.span("joined", day(20), day(90))
    b.span("late_start", START + timedelta(days=80), None)
    b.visit("late_start", 122)
    b.span("not_at_birth", date(2020, 1, 1), day(-1))
    b.span("not_at_birth", day(1), None)
    b.span("told_late", date(2020, 1, 1), day(90))
    b.span("told_late", day(91), None, race="later")
    b.span("birthday", date(2020, 1, 1), None, birth_date=date(1990, 6, 15))
    b.span("day_before", date(2020, 1, 1), None, birth_date=date(1990, 6, 16))
    return b


@pytest.fixture(scope="module")
def tables(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    b = book()
    rows: dict[str, list[Row]] = {
        "medical_claim": b.claims,
        "eligibility": b.spans,
        "area_index": [{"zip_code": "06101", "effective_from": date(2020, 1, 1), "band": 4}],
    }
    return flow(programs, tmp_path_factory.mktemp("book"), rows)


def flow(programs: Path, folder: Path, rows: dict[str, list[Row]], as_of: date = date(2026, 12, 31)) -> dict[str, list[Row]]:
    settings = {"episode.minimum_interval_days": 168}
    program = load_program(programs, "ct-husky-maternity", assumptions="illustrative", settings=settings)
    engine = DuckEngine(threads=1)
    try:
        register_batches(engine, [load_rows(rows, folder)])
        pipeline.register_rules(engine, program, as_of=as_of, workspace_key="k")
        stages = dict(pipeline.FLOWS[program.kind])
        for module in (*(stages[n] for n in ("candidates", "claims", "units", "attribution", "exclusions")), stage):
            for step in module.STEPS:
                engine.run(step)
        return {name: engine.rows(name) for name in ("measure_units", "unit_facts", "unit_strata")}
    finally:
        engine.close()


def facts(tables: dict[str, list[Row]], member: str) -> dict[str, int]:
    (unit,) = (r["unit_id"] for r in tables["measure_units"] if r["member_id"] == member and r["anchor_date"] == BIRTH)
    return {r["fact"]: r["fact_value"] for r in tables["unit_facts"] if r["unit_id"] == unit}


def strata(tables: dict[str, list[Row]], member: str) -> dict[str, str]:
    (unit,) = (r["unit_id"] for r in tables["measure_units"] if r["member_id"] == member and r["anchor_date"] == BIRTH)
    return {r["stratum"]: r["stratum_value"] for r in tables["unit_strata"] if r["unit_id"] == unit}


def test_the_steps_keep_to_the_dialect() -> None:
    assert [problem for step in stage.STEPS for problem in lint(step)] == []


def test_units_are_births_in_a_period_and_not_echoes(tables: dict[str, list[Row]]) -> None:
    units = tables["measure_units"]
    assert len({r["unit_id"] for r in units}) == len(units)
    assert [r["anchor_date"] for r in units if r["member_id"] == "echo"] == [BIRTH]
    assert [r for r in units if r["member_id"] == "outside"] == []
    assert sorted(r["period"] for r in units if r["member_id"] == "two_births") == ["BASE", "PY2025"]
    (plain,) = (r for r in units if r["member_id"] == "plain")
    assert (plain["unit_kind"], plain["start_date"], plain["end_date"], plain["stay_start_date"], plain["stay_end_date"]) == (
        "episode", START, day(90), BIRTH, BIRTH,
    )  # fmt: skip
    (nobody,) = (r for r in units if r["member_id"] == "nobody")
    assert (plain["entity_id"], nobody["entity_id"]) == (TIN, None)


@pytest.mark.parametrize(("offset", "units"), [(89, 0), (90, 1)])
def test_an_episode_is_measured_once_it_is_over(programs: Path, tmp_path: Path, offset: int, units: int) -> None:
    b = Book()
    b.birth("plain")
    assert len(flow(programs, tmp_path, {"medical_claim": b.claims}, day(offset))["measure_units"]) == units


def test_every_fact_that_the_steps_give_is_declared(tables: dict[str, list[Row]]) -> None:
    given = {r["fact"] for r in tables["unit_facts"]}
    assert given <= set(UNIT_FACTS["episode"])
    assert len(given) == 20  # the others are facts of episodes around a procedure
    keys = [(r["unit_id"], r["fact"]) for r in tables["unit_facts"]]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("plain", {"is_live_birth": 1, "is_stillbirth": 0, "is_outcome_coded": 1, "is_cesarean": 0, "is_vaginal": 1,
            "gestation_weeks": 39, "fetus_count": 1}),
        ("still", {"is_live_birth": 0, "is_stillbirth": 1, "is_outcome_coded": 1}),
        ("no_outcome", {"is_live_birth": 1, "is_outcome_coded": 0}),
        ("twins", {"fetus_count": 2, "gestation_weeks": 36}),
        ("cesarean", {"is_cesarean": 1, "is_vaginal": 0}),
        ("uncoded_week", {"gestation_weeks": None, "first_prenatal_day": None, "expected_prenatal_visits": None, "adequacy": None,
            "prenatal_visit_days": 0}),
        ("two_births", {"earlier_birth_count": 1}), ("echo", {"earlier_birth_count": 0}),
        ("birthday", {"age_at_delivery": 35}), ("day_before", {"age_at_delivery": 34}), ("plain", {"age_at_delivery": None}),
        ("plain", {"stay_days": 0}),
    ],
)  # fmt: skip
def test_facts_of_the_birth(tables: dict[str, list[Row]], member: str, expected: dict[str, int | None]) -> None:
    found = facts(tables, member)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("member", "days", "first", "expected", "adequacy"),
    [
        # Due to week 38: 4, 8, ... 28; 30, 32, 34, 36; 37, 38 = 13 weeks; begun at 0: all of them.
        ("edges", 3, 0, 13, 23),
        ("unseen", 0, None, 13, 0),
        # Begun in week 28: that visit, then 30, 32, 34, 36, 37, 38.
        ("late", 1, 200, 7, 14),
        # Begun in week 38, the last before birth.
        ("last_day", 1, 272, 1, 100),
        # Begun in week 8: that visit, then 12 ... 28, 30 ... 36, 37, 38; 31 weekly visits.
        ("many", 31, 56, 12, 258),
    ],
)
def test_prenatal_visits_and_the_schedule(
    tables: dict[str, list[Row]], member: str, days: int, first: int | None, expected: int, adequacy: int
) -> None:
    found = facts(tables, member)
    assert (found["prenatal_visit_days"], found.get("first_prenatal_day"), found["expected_prenatal_visits"], found["adequacy"]) == (
        days, first, expected, adequacy,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("member", "before", "after_60", "after_84", "after_90"),
    [
        ("plain", 43, 60, 84, 90), ("whole", 43, 60, 84, 90), ("gap_before", 42, 60, 84, 90), ("ends_60", 43, 60, 60, 60),
        ("ends_59", 43, 59, 59, 59), ("joined", 43, 60, 84, 90), ("not_at_birth", 43, 60, 84, 90), ("edges", 0, 0, 0, 0),
    ],
)  # fmt: skip
def test_covered_days(tables: dict[str, list[Row]], member: str, before: int, after_60: int, after_84: int, after_90: int) -> None:
    """Overlapping spans count a day once; a member without enrollment, where others have some, has no covered day."""
    found = facts(tables, member)
    assert [found[f"covered_days_{n}"] for n in ("before_43", "after_60", "after_84", "after_90")] == [before, after_60, after_84, after_90]


def test_the_day_on_which_coverage_at_birth_began(tables: dict[str, list[Row]]) -> None:
    def began(member: str) -> tuple[int | None, int | None]:
        found = facts(tables, member)
        return found.get("coverage_start_day"), found.get("prenatal_days_after_coverage")

    assert began("whole") == (273 - 43, None)
    assert began("gap_before") == (273 - 42, None)
    assert began("late_start") == (80, 42)
    assert began("not_at_birth") == (None, None)
    assert began("joined")[0] == (date(2020, 1, 1) - START).days


def test_without_any_enrollment_every_member_is_covered_throughout(programs: Path, tmp_path: Path) -> None:
    b = Book()
    b.birth("plain")
    found = facts(flow(programs, tmp_path, {"medical_claim": b.claims}), "plain")
    assert [found[f"covered_days_{n}"] for n in ("before_43", "after_60", "after_84", "after_90")] == [43, 60, 84, 90]
    assert "coverage_start_day" not in found


def test_strata_come_from_the_row_that_holds_at_birth_else_the_latest_that_says_anything(tables: dict[str, list[Row]]) -> None:
    assert strata(tables, "whole") == {"race": "white", "ethnicity": "hispanic", "area_band": "4", "cohort": "all", "age_band": "20_to_34"}
    assert strata(tables, "plain") == {
        "race": "unknown",
        "ethnicity": "unknown",
        "area_band": "unknown",
        "cohort": "all",
        "age_band": "unknown",
    }
    assert strata(tables, "gap_before")["race"] == "old"
    assert strata(tables, "joined")["race"] == "second"
    assert strata(tables, "told_late")["race"] == "later"
    assert strata(tables, "birthday")["age_band"] == "35_and_over"
    assert strata(tables, "day_before")["age_band"] == "20_to_34"
    assert len(tables["unit_strata"]) == 5 * len(tables["measure_units"])
