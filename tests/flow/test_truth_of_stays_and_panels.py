"""Stays and panels of a run against the truth: all that claims can show is found, and whatever differs has a planted cause.

The scorers themselves are tried on a run that is always wrong: they must not explain that away.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from synthetic_state import truth_and_runs

from trueup.engine import DuckEngine, TableFile
from trueup.engine.dialect import lint
from trueup.engine.steps import read_step
from trueup.errors import UsageError
from trueup.manifest import write_manifest
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.synthetic import score_panels, score_stays
from trueup.synthetic.score import TruthScore
from trueup.tables import OUTPUT

Row = dict[str, Any]
STAYS, PANELS = "ct-peds-psych", "ct-sim-p4p"
TABLES = {STAYS: "stays", PANELS: "panel_members"}
AS_OF = date(2028, 4, 29)
# comparison -> true, found, found as it is; 2,000 members, seed 1
EXPECTED = {
    STAYS: {
        "stays": (372, 366, 366), "stays_with_every_claim": (338, 338, 338), "admission": (366, 366, 366), "discharge": (366, 366, 365),
        "facility": (366, 366, 366), "length_of_stay": (366, 366, 365), "delay_days": (366, 366, 366), "return": (366, 366, 364),
        "psychiatric_readmission": (366, 366, 365), "follow_up": (366, 366, 358), "emergency_return": (366, 366, 365),
        "observation_before": (366, 366, 363),
    },
    PANELS: {
        "covered_members": (3388, 3388, 3388), "covered_months": (3388, 3388, 3388), "attributed_members": (3302, 3302, 3302),
        "provider": (3302, 3302, 3296), "practice": (3302, 3302, 3297), "visits": (3388, 3388, 3267), "deciding_rule": (3388, 3388, 3377),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(programs: Path) -> dict[str, Program]:
    return {name: load_program(programs, name, assumptions="illustrative") for name in (STAYS, PANELS)}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, loaded: dict[str, Program]) -> tuple[Path, dict[str, Path]]:
    return truth_and_runs(tmp_path_factory.mktemp("themes"), loaded)


def scored(name: str, run: Path, truth: Path, program: Program) -> TruthScore:
    return (score_stays.score_stays if name == STAYS else score_panels.score_panels)(run, truth, program)


@pytest.mark.parametrize("name", [STAYS, PANELS])
def test_all_that_claims_show_is_found_and_every_miss_has_a_cause(
    name: str, state: tuple[Path, dict[str, Path]], loaded: dict[str, Program]
) -> None:
    truth, ran = state
    result = scored(name, ran[name], truth, loaded[name])
    assert {c.name: c.unexplained for c in result.comparisons if c.unexplained} == {}
    whole = result["stays_with_every_claim" if name == STAYS else "covered_members"]
    assert (whole.recall, whole.misses) == ("100.00%", 0)
    assert {c.name: (c.true, c.found, c.right) for c in result.comparisons} == EXPECTED[name]


@pytest.mark.parametrize("name", [STAYS, PANELS])
def test_a_run_that_is_always_wrong_stays_unexplained(
    name: str, state: tuple[Path, dict[str, Path]], loaded: dict[str, Program], tmp_path: Path
) -> None:
    """Planted causes are rare enough not to hide a fault: with every answer wrong, at least half of each kind is unexplained."""
    truth, ran = state
    table = OUTPUT[TABLES[name]]
    wrong = _wrong_stay if name == STAYS else _wrong_member
    engine = DuckEngine()
    engine.register_parquet(table.name, [ran[name] / f"{table.name}.parquet"], table.columns)
    engine.register_rows("wrong", [row | wrong(row) for row in engine.rows(table.name)], table.columns)
    engine.write_files([TableFile("wrong", tmp_path / f"{table.name}.parquet", table.columns, table.key)])
    engine.close()
    (tmp_path / "manifest.json").write_bytes((ran[name] / "manifest.json").read_bytes())
    result = scored(name, tmp_path, truth, loaded[name])
    # a yes or no that was wrong becomes right when it is turned around, so observation is no test
    found_at_all = ("stays", "stays_with_every_claim", "observation_before", "covered_members", "attributed_members")
    answers = [c for c in result.comparisons if c.name not in found_at_all]
    assert {c.right for c in answers} == {0}
    assert {c.name for c in answers if c.unexplained * 2 < c.true} == set()


def _wrong_stay(row: Row) -> Row:
    return {
        "admission_date": row["admission_date"] + timedelta(days=1), "discharge_date": row["last_day"] + timedelta(days=1),
        "facility_id": "nobody", "length_of_stay_days": 999, "delay_days": 99, "days_to_return": 998,
        "days_to_psychiatric_readmission": 997, "follow_up_day": 996, "emergency_day": 995,
    }  # fmt: skip


def _wrong_member(row: Row) -> Row:
    return {"provider_npi": "nobody", "entity_id": "nobody", "visits": 999, "covered_months": 99, "deciding_rule": "nothing"}


# --- the scorers on a few invented rows -----------------------------------------------------------------------------------------------


STAY = {
    "stay_id": "S1", "member_id": "Y1", "first_facility_id": "H1", "facility_id": "H1", "admission_date": "2025-03-01",
    "discharge_date": "2025-03-11", "length_of_stay_days": "10", "delay_days": "0", "days_to_return": "", "is_return_planned": "",
    "days_to_psychiatric_readmission": "", "follow_up_day": "5", "emergency_day": "", "has_observation_before": "false", "lost_claims": "0",
    "last_known_date": "2025-04-01",
}  # fmt: skip
FOUND = {
    "stay_id": "F1", "member_id": "Y1", "facility_id": "H1", "first_facility_id": "H1", "admission_date": date(2025, 3, 1),
    "discharge_date": date(2025, 3, 11), "last_day": date(2025, 3, 11), "is_open": False, "length_of_stay_days": 10, "delay_days": 0,
    "has_observation_before": False, "is_returned_day_0_1": False, "is_return_planned": False, "follow_up_day": 5,
    "exclusion_reasons": "",
}  # fmt: skip


def stays_scored(folder: Path, program: Program, true: list[Row], found: list[Row]) -> TruthScore:
    """Writes a truth and a run of these rows and compares them."""
    folder.mkdir(exist_ok=True)
    lines = [",".join(STAY), *(",".join(str(v) for v in row.values()) for row in true)]
    (folder / "psychiatric_stays.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    engine = DuckEngine()
    table = OUTPUT["stays"]
    engine.register_rows("stays", [dict.fromkeys(table.columns) | row for row in found], table.columns)
    engine.write_files([TableFile("stays", folder / "stays.parquet", table.columns, table.key)])
    engine.close()
    write_manifest(folder, {"as_of": AS_OF.isoformat()})
    return score_stays.score_stays(folder, folder, program)


def test_a_stay_found_as_it_was_has_no_miss(tmp_path: Path, loaded: dict[str, Program]) -> None:
    result = stays_scored(tmp_path, loaded[STAYS], [STAY], [FOUND])
    assert {c.name: (c.true, c.found, c.right) for c in result.comparisons} == dict.fromkeys(
        (c.name for c in result.comparisons), (1, 1, 1)
    )


@pytest.mark.parametrize(
    ("truth", "cause"),
    [
        ({}, "unexplained"),
        ({"lost_claims": "1"}, "claim_voided_denied_or_not_covered"),
        ({"last_known_date": "2028-05-01"}, "known_after_the_run"),
        ({"last_known_date": ""}, "known_after_the_run"),
    ],
)
def test_a_stay_not_found_is_explained_only_by_what_is_planted(truth: Row, cause: str, tmp_path: Path, loaded: dict[str, Program]) -> None:
    result = stays_scored(tmp_path, loaded[STAYS], [STAY | truth], [])
    assert (result["stays"].true, result["stays"].found, dict(result["stays"].causes)) == (1, 0, {cause: 1})


def test_a_stay_too_many_and_a_wrong_length_are_unexplained(tmp_path: Path, loaded: dict[str, Program]) -> None:
    surplus = FOUND | {"stay_id": "F2", "member_id": "Y2"}
    result = stays_scored(tmp_path, loaded[STAYS], [STAY], [FOUND | {"length_of_stay_days": 9}, surplus])
    assert (result["stays"].true, result["stays"].found, result["stays"].right, result["stays"].unexplained) == (1, 2, 1, 1)
    assert result["length_of_stay"].unexplained == 1


def test_a_folder_that_lacks_something_is_named(tmp_path: Path, loaded: dict[str, Program]) -> None:
    stays_scored(tmp_path, loaded[STAYS], [STAY], [FOUND])
    with pytest.raises(UsageError, match=r"TRU-U031 .*panel_members\.parquet is not there"):
        score_panels.score_panels(tmp_path, tmp_path, loaded[PANELS])
    (tmp_path / "psychiatric_stays.csv").write_text("stay_id,member_id\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"TRU-U031 .*psychiatric_stays\.csv has no column first_facility_id"):
        score_stays.score_stays(tmp_path, tmp_path, loaded[STAYS])


def test_every_step_keeps_to_the_dialect(root: Path) -> None:
    steps = sorted((root / "src" / "trueup" / "synthetic" / "score_sql").glob("*/*.sql"))
    assert len(steps) == 6
    assert [problem for path in steps for problem in lint(read_step(path, True))] == []
