"""The study, against numbers added by hand and against a second computation in plain Python."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.definition.world import World

from trueup.definition.stage import STEPS, CodeUse, Settings, Study, Tie, require_ties
from trueup.engine import DuckEngine
from trueup.engine.dialect import lint
from trueup.errors import CheckFailed, Refused
from trueup.rules.program import Code, ValueSet


def by_code(study: Study) -> dict[str, CodeUse]:
    return {f"{c.code_system} {c.code}": c for c in study.codes}


def test_the_steps_keep_to_the_dialect() -> None:
    assert len(STEPS) == 8
    assert [problem for step in STEPS for problem in lint(step)] == []


def test_episodes_and_lines_of_the_small_world(world: World, engine: DuckEngine) -> None:
    """E5 is doubtful and owns no line, E4 lies in another period, no DRG shows E3; C7 is outside its own window."""
    found = world.study(engine)
    assert (found.episodes, found.episodes_without_drg, found.anchored_episodes, found.members) == (3, 1, 2, 2)
    assert (found.window_lines, found.window_spend_cents) == (11, 1_240_700)
    assert (found.listed_lines, found.listed_spend_cents) == (9, 1_237_000)


def test_every_code_of_the_small_world(world: World, engine: DuckEngine) -> None:
    """Lines, claims, members, lines with a pregnancy diagnosis, spend, counted lines, counted spend."""
    found = {
        key: (c.lines, c.claims, c.members, c.pregnancy_lines, c.spend_cents, c.counted_lines, c.counted_spend_cents)
        for key, c in by_code(world.study(engine)).items()
    }
    assert found == {
        "hcpcs 59400": (1, 1, 1, 1, 200_000, 1, 200_000),
        "hcpcs 81001": (2, 2, 2, 2, 1_000, 2, 1_000),
        "hcpcs 99284": (1, 1, 1, 1, 30_000, 1, 30_000),
        "hcpcs H0020": (2, 2, 1, 0, 16_000, 2, 16_000),
        "revenue 0120": (2, 2, 2, 2, 950_000, 2, 950_000),
        "revenue 0170": (1, 1, 1, 1, 40_000, 1, 40_000),
        "revenue 0450": (1, 1, 1, 1, 30_000, 1, 30_000),
        "ms-drg 807": (4, 2, 2, 4, 1_020_000, 4, 1_020_000),
        "icd-10-pcs 10E0XZZ": (4, 2, 2, 4, 1_020_000, 3, 570_000),
        "icd-10-pcs 0HQ9XZZ": (4, 2, 2, 4, 1_020_000, 1, 450_000),
    }


def test_marks_days_and_settings(world: World, engine: DuckEngine) -> None:
    codes = by_code(world.study(engine))
    assert [key for key, c in codes.items() if c.is_sud] == ["hcpcs H0020"]
    assert [key for key, c in codes.items() if c.is_newborn] == ["revenue 0170"]
    lab = codes["hcpcs 81001"]
    assert (lab.first_day, lab.last_day) == (date(2020, 1, 10), date(2020, 3, 1))
    assert [(s.setting, s.lines, s.spend_cents) for s in codes["hcpcs H0020"].settings] == [
        ("outpatient", 1, 7_000),
        ("professional", 1, 9_000),
    ]
    assert [s.setting for s in codes["revenue 0450"].settings] == ["emergency"]
    assert [(s.setting, s.lines) for s in codes["ms-drg 807"].settings] == [("emergency", 1), ("inpatient", 3)]


def test_codes_come_by_spend_then_system_and_code(world: World, engine: DuckEngine) -> None:
    keys = [f"{c.code_system} {c.code}" for c in world.study(engine).codes]
    assert keys[:5] == ["icd-10-pcs 0HQ9XZZ", "icd-10-pcs 10E0XZZ", "ms-drg 807", "revenue 0120", "hcpcs 59400"]
    assert keys[-1] == "hcpcs 81001"


def test_each_system_ties_to_the_listed_lines(world: World, engine: DuckEngine) -> None:
    """The revenue code beside the SUD code of C5 is not listed: no pregnancy diagnosis, and it is in no SUD set."""
    assert world.study(engine).ties == (
        Tie("hcpcs", 4, 6, 247_000, 3, 990_000, 9, 1_237_000),
        Tie("icd-10-pcs", 2, 4, 1_020_000, 5, 217_000, 9, 1_237_000),
        Tie("ms-drg", 1, 4, 1_020_000, 5, 217_000, 9, 1_237_000),
        Tie("revenue", 3, 4, 1_020_000, 5, 217_000, 9, 1_237_000),
    )


@pytest.mark.parametrize("change", [{"coded_lines": 5}, {"coded_cents": 246_999}, {"uncoded_lines": 4}, {"uncoded_cents": 0}])
def test_a_line_lost_or_counted_twice_stops(change: dict[str, int]) -> None:
    tie = Tie("hcpcs", 4, 6, 247_000, 3, 990_000, 9, 1_237_000)
    require_ties([tie])
    with pytest.raises(CheckFailed, match="TRU-D003 definition_ties hcpcs: "):
        require_ties([replace(tie, **change)])


def test_without_an_anchor_every_birth_is_studied(world: World, engine: DuckEngine) -> None:
    found = world.study(engine, Settings("BASE", "any"))
    assert (found.anchored_episodes, found.members, found.listed_spend_cents) == (3, 3, 1_447_000)
    assert by_code(found)["hcpcs 59400"].spend_cents == 410_000


def test_spend_may_be_allowed_dollars(world: World, engine: DuckEngine) -> None:
    found = world.study(engine, Settings("BASE", basis="allowed"))
    assert (found.listed_lines, found.listed_spend_cents) == (9, 31_000)


def test_a_code_of_the_sud_set_counts_while_in_force(world: World, engine: DuckEngine) -> None:
    """In force from the day of C5: C3 is earlier, without a pregnancy diagnosis, and not listed."""
    later = ValueSet("sud", "program", (Code("hcpcs", "H0020", date(2020, 3, 1), None, None, "C"),))
    found = world.study(engine, sud=later)
    assert by_code(found)["hcpcs H0020"].spend_cents == 7_000
    assert found.listed_lines == 8
    ended = ValueSet("sud", "program", (Code("hcpcs", "H0020", None, date(2020, 3, 1), None, "C"),))
    assert by_code(world.study(engine, sud=ended))["hcpcs H0020"].spend_cents == 9_000


def test_the_same_code_twice_in_sets_is_counted_once(world: World, engine: DuckEngine) -> None:
    spans = (Code("hcpcs", "H0020", None, None, None, "C"), Code("hcpcs", "H0020", date(2019, 1, 1), None, None, "C"))
    assert by_code(world.study(engine, sud=ValueSet("sud", "program", spans)))["hcpcs H0020"].lines == 2


def test_a_period_without_episodes_is_refused(world: World, engine: DuckEngine) -> None:
    with pytest.raises(Refused, match=r"TRU-D001 period PY9 has no episode\."):
        world.study(engine, Settings("PY9"))
    with pytest.raises(Refused, match=r"TRU-D001 period PY1 has 1 episodes, and a delivery DRG shows none.*--anchor any"):
        world.study(engine, Settings("PY1"))


def test_episodes_without_a_listed_line_are_refused(world: World, engine: DuckEngine) -> None:
    with pytest.raises(Refused, match="TRU-D002 1 episodes of PY1"):
        world.study(engine, Settings("PY1", "any"))


# --- a second computation ------------------------------------------------------------------------------------------------------------

LINE = st.fixed_dictionaries(
    {
        "hcpcs_code": st.sampled_from([None, "59400", "81001", "H0020"]),
        "revenue_center_code": st.sampled_from([None, "0120", "0170", "0900"]),
        "paid_cents": st.one_of(st.none(), st.integers(-50_000, 500_000)),
    }
)
CLAIM = st.fixed_dictionaries(
    {
        "member": st.sampled_from(["M1", "M2", "M3"]),
        "pregnant": st.booleans(),
        "drg": st.sampled_from([None, "807", "788"]),
        "procedures": st.lists(st.sampled_from(["10E0XZZ", "0HQ9XZZ", "10D00Z1"]), max_size=4).map(tuple),
        "lines": st.lists(LINE, min_size=1, max_size=4),
    }
)


@given(claims=st.lists(CLAIM, min_size=1, max_size=8))
def test_totals_are_those_of_a_loop_over_lines(claims: list[dict[str, Any]]) -> None:
    world = World()
    for number, member in enumerate(("M1", "M2", "M3"), 1):
        world.episode(f"E{number}", member)
    lines: dict[str, int] = defaultdict(int)
    spend: dict[str, int] = defaultdict(int)
    counted: dict[str, int] = defaultdict(int)
    members: dict[str, set[str]] = defaultdict(set)
    listed_lines = listed_spend = 0
    for n, claim in enumerate(claims):
        kind = {"drg_code": claim["drg"], "drg_code_type": "ms-drg", "claim_type": "institutional"}
        said = {"pregnant": claim["pregnant"], "procedures": claim["procedures"]}
        world.claim(f"C{n}", f"E{claim['member'][1]}", claim["member"], claim["lines"], **said, **kind)
        for line in claim["lines"]:
            carried = {
                "hcpcs": [line["hcpcs_code"]],
                "revenue": [line["revenue_center_code"]],
                "ms-drg": [claim["drg"]],
                "icd-10-pcs": list(dict.fromkeys(claim["procedures"])),
            }
            cents, is_listed = line["paid_cents"] or 0, claim["pregnant"]
            for system, codes in carried.items():
                kept = [c for c in codes if c is not None and (claim["pregnant"] or c == "H0020")]
                is_listed = is_listed or bool(kept)
                for place, code in enumerate(kept):
                    key = f"{system} {code}"
                    lines[key] += 1
                    spend[key] += cents
                    counted[key] += cents if place == 0 else 0
                    members[key].add(claim["member"])
            listed_lines += is_listed
            listed_spend += cents if is_listed else 0
    engine = DuckEngine(threads=1)
    try:
        if not listed_lines:
            with pytest.raises(Refused, match="TRU-D002"):
                world.study(engine, Settings("BASE", "any"))
            return
        found = world.study(engine, Settings("BASE", "any"))
    finally:
        engine.close()
    assert {k: c.lines for k, c in by_code(found).items()} == lines
    assert {k: c.spend_cents for k, c in by_code(found).items()} == spend
    assert {k: c.counted_spend_cents for k, c in by_code(found).items()} == counted
    assert {k: c.members for k, c in by_code(found).items()} == {k: len(m) for k, m in members.items()}
    assert {k: sum(s.spend_cents for s in c.settings) for k, c in by_code(found).items()} == spend
    assert (found.listed_lines, found.listed_spend_cents) == (listed_lines, listed_spend)
