"""Rosters of the synthetic state, where one program excludes the participants of another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.synthetic.calendar import build_calendar, covered_periods, to_date
from trueup.synthetic.entities import LARGE, build_entities, participation_rows

BUNDLE, POINTS = "ct-husky-maternity", "ct-obp4p"


@pytest.fixture(scope="module")
def loaded(programs: Path) -> list[Program]:
    return [load_program(programs, name, assumptions="illustrative") for name in (BUNDLE, POINTS)]


def test_a_program_of_many_years_asks_for_its_two_latest(loaded: list[Program]) -> None:
    bundle, points = loaded
    assert [p.id for p in covered_periods(points)] == ["SFY2025", "SFY2026"]
    assert [p.id for p in covered_periods(bundle)] == [p.id for p in bundle.periods]
    assert to_date(build_calendar([points]).first_birth) > date(2024, 1, 1)


def test_the_large_practices_leave_for_the_bundle(loaded: list[Program]) -> None:
    ents = build_entities(1)
    rows = participation_rows(loaded, ents, build_calendar(loaded))
    bundle = {r["entity_id"]: r["joined_on"] for r in rows if r["program"] == BUNDLE}
    assert bundle == {ents.ids[k]: "2025-01-01" for k in LARGE}
    joined = {r["entity_id"] for r in rows if r["program"] == POINTS}
    assert set(bundle) < joined
    assert len({r["row_id"] for r in rows}) == len(rows)


def test_the_bundle_alone_keeps_no_roster(loaded: list[Program]) -> None:
    assert participation_rows(loaded[:1], build_entities(1), build_calendar(loaded[:1])) == []
