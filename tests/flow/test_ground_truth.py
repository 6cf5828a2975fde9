"""A run against the ground truth of a synthetic state: what was found is right, and whatever is not has a planted cause.

The scorer itself is tried on states of a few invented births first: it must not explain away what nothing planted can explain.
"""

from __future__ import annotations

import csv
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
from trueup.synthetic.score import Comparison, TruthScore, percent, score
from trueup.tables import OUTPUT

Row = dict[str, Any]
MONTHLY = "ct-husky-maternity"  # attributes by most months; windows from 280 days before to 90 after the delivery
DELIVERING = "co-maternity"  # attributes by delivery; windows around the stay; live births only
BORN, AS_OF = date(2024, 6, 1), date(2026, 12, 31)
# comparison -> true, found, found as it is; 2,000 members, seed 1
EXPECTED = {
    DELIVERING: {
        "deliveries": (711, 710, 710), "live_births_with_a_usable_claim": (710, 710, 710), "delivery_date": (710, 710, 710),
        "mode": (710, 710, 710), "outcome": (710, 710, 710), "gestation": (710, 707, 707), "window": (710, 710, 701),
        "attribution": (710, 702, 702),
    },
    MONTHLY: {
        "deliveries": (1221, 1217, 1217), "live_births_with_a_usable_claim": (1208, 1208, 1208), "delivery_date": (1217, 1217, 1217),
        "mode": (1217, 1217, 1217), "outcome": (1217, 1217, 1217), "gestation": (1217, 1211, 1211), "window": (1217, 1217, 1216),
        "attribution": (1217, 1217, 1194),
    },
}  # fmt: skip
RUN = {"program": "p", "rule_version": "1", "run_id": "r"}


@pytest.fixture(scope="module")
def loaded(programs: Path) -> dict[str, Program]:
    return {name: load_program(programs, name, assumptions="illustrative") for name in (DELIVERING, MONTHLY)}


# --- invented births ----------------------------------------------------------------------------------------------------------------
def birth(number: int = 1, day: date = BORN, **more: Any) -> Row:
    """A true live birth at 40 weeks with a two-day stay, its claims known in time, all of it by one practice."""
    return {
        "pregnancy_id": f"G{number}", "member_id": "M1", "delivery_date": day, "gestation_weeks": 40, "outcome": "live_birth",
        "mode": "vaginal", "admission_date": day - timedelta(days=1), "discharge_date": day + timedelta(days=1),
        "attributed_entity_id": "E1", "delivering_entity_id": "E1", "professional_delivery_claims": 1,
        "first_known_date": day + timedelta(days=20),
        "expected_found": "true", "missing_cause": "", **more,
    }  # fmt: skip


def loss(number: int, day: date) -> Row:
    """A true loss at nine weeks: most of what is written of a birth is empty."""
    empty = ("mode", "admission_date", "discharge_date", "attributed_entity_id", "delivering_entity_id", "first_known_date")
    known = {"outcome": "loss", "gestation_weeks": 9, "expected_found": "false", "professional_delivery_claims": 0}
    return birth(number, day) | dict.fromkeys(empty, "") | known


def episode(number: int = 1, day: date = BORN, **more: Any) -> Row:
    """The episode of such a birth where the window is 280 days before to 90 after the delivery."""
    return {
        **RUN, "episode_id": f"X{number}", "member_id": "M1", "delivery_date": day, "gestation_weeks": 40, "outcome": "live_birth",
        "mode": "vaginal", "episode_start_date": day - timedelta(days=280), "episode_end_date": day + timedelta(days=90),
        "attributed_entity_id": "E1", **more,
    }  # fmt: skip


def planted(kind: str, number: int | str = 1, claim: str = "") -> Row:
    return {"kind": kind, "member_id": "M1", "claim_family_id": claim, "pregnancy_id": f"G{number}" if number else ""}


def scored(
    folder: Path, program: Program, truth: list[Row], found: list[Row], plants: list[Row] | None = None, *, lines: list[Row] | None = None,
    as_of: date = AS_OF, kind: str = "obstetrics",
) -> TruthScore:  # fmt: skip
    """Write a truth and a run by hand, and score them."""
    practices: list[Row] = [{"entity_id": "E1", "provider_type": kind}]
    facts = {"pregnancies": truth, "planted": plants or [planted("newborn_on_mother")], "practices": practices}
    for name, rows in facts.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    engine = DuckEngine()
    for name, rows in (("episodes", found), ("episode_lines", lines or [])):
        engine.register_rows(name, rows, OUTPUT[name].columns)
        engine.write_files([TableFile(name, folder / f"{name}.parquet", OUTPUT[name].columns, OUTPUT[name].key)])
    engine.close()
    write_manifest(folder, {"as_of": as_of})
    return score(folder, folder, program)


def causes(result: TruthScore) -> dict[str, dict[str, int]]:
    return {c.name: dict(c.causes) for c in result.comparisons if c.causes}


def test_a_right_answer_to_everything(tmp_path: Path, loaded: dict[str, Program]) -> None:
    result = scored(tmp_path, loaded[MONTHLY], [birth()], [episode()])
    assert [(c.name, c.true, c.found, c.right, c.misses) for c in result.comparisons] == [
        (name, 1, 1, 1, 0)
        for name in (
            "deliveries", "live_births_with_a_usable_claim", "delivery_date", "mode", "outcome", "gestation", "window", "attribution",
        )
    ]  # fmt: skip
    assert (result.unexplained, result["window"].precision, result["window"].recall) == (0, "100.00%", "100.00%")


def test_a_wrong_attribution_without_a_planted_cause_is_unexplained(tmp_path: Path, loaded: dict[str, Program]) -> None:
    for program in loaded.values():
        result = scored(tmp_path, program, [birth()], [episode(attributed_entity_id="E2")])
        assert result["attribution"] == Comparison("attribution", 1, 1, 0, {"unexplained": 1})


def test_a_cause_explains_only_the_answers_it_can_change(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """Who else delivered matters where months are counted, and does not where the deliverer is asked for; nor does either move a date."""
    wrong = [episode(attributed_entity_id="E2", delivery_date=BORN + timedelta(days=1))]
    plants = [planted("delivered_by_another_practice")]
    by_month = scored(tmp_path, loaded[MONTHLY], [birth()], wrong, plants)
    assert causes(by_month) == {"delivery_date": {"unexplained": 1}, "attribution": {"delivered_by_another_practice": 1}}
    by_delivery = scored(tmp_path, loaded[DELIVERING], [birth()], wrong, plants)
    assert causes(by_delivery)["attribution"] == {"unexplained": 1}


def test_the_true_entity_is_the_one_the_programs_rule_asks_for(tmp_path: Path, loaded: dict[str, Program]) -> None:
    truth = [birth(delivering_entity_id="E2")]
    for program, right in ((MONTHLY, "E1"), (DELIVERING, "E2")):
        assert scored(tmp_path, loaded[program], truth, [episode(attributed_entity_id=right)])["attribution"].right == 1


def test_a_practice_of_a_kind_that_triggers_nothing_is_a_cause_where_months_are_counted(tmp_path: Path, loaded: dict[str, Program]) -> None:
    found = [episode(attributed_entity_id=None)]
    result = scored(tmp_path, loaded[MONTHLY], [birth()], found, kind="laboratory")
    assert result["attribution"] == Comparison("attribution", 1, 0, 0, {"practice_kind_not_attributed": 1})
    assert (result["attribution"].precision, result["attribution"].recall) == ("-", "0.00%")
    for kind in ("midwife", "family_medicine", "fqhc"):
        assert causes(scored(tmp_path, loaded[MONTHLY], [birth()], found, kind=kind)) == {"attribution": {"unexplained": 1}}
    assert causes(scored(tmp_path, loaded[DELIVERING], [birth()], found, kind="family_medicine"))["attribution"] == {"unexplained": 1}


def test_the_most_telling_of_several_causes_is_named(tmp_path: Path, loaded: dict[str, Program]) -> None:
    plants = [planted("void", claim="C1"), planted("consult_beside_practice", claim="C2"), planted("duplicate_row", claim="C3")]
    result = scored(tmp_path, loaded[MONTHLY], [birth()], [episode(attributed_entity_id="E2")], plants)
    assert causes(result) == {"attribution": {"consult_beside_practice": 1}}


def test_a_denied_claim_that_was_billed_again_explains_nothing(tmp_path: Path, loaded: dict[str, Program]) -> None:
    wrong = [episode(mode="cesarean")]
    denied = [planted("denied_claim", claim="C1")]
    assert causes(scored(tmp_path, loaded[MONTHLY], [birth()], wrong, denied)) == {"mode": {"denied_claim": 1}}
    denied.append(planted("rebilled_after_denial", claim="C1"))
    assert causes(scored(tmp_path, loaded[MONTHLY], [birth()], wrong, denied)) == {"mode": {"unexplained": 1}}


def test_a_late_claim_explains_only_while_it_may_be_on_its_way(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """The longest lag is 365 days; the window ends 90 days after the birth."""
    wrong, late = [episode(mode="cesarean")], [planted("late_arrival", claim="C1")]
    last = BORN + timedelta(days=90 + 365)
    for as_of, cause in ((last - timedelta(days=1), "late_arrival"), (last, "unexplained")):
        assert causes(scored(tmp_path, loaded[MONTHLY], [birth()], wrong, late, as_of=as_of)) == {"mode": {cause: 1}}


def test_before_the_run_out_is_complete_answers_may_differ(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """The run-out is 180 days after the window, which ends 90 days after the birth."""
    last = BORN + timedelta(days=90 + 180)
    for as_of, cause in ((last - timedelta(days=1), "run_out_not_complete"), (last, "unexplained")):
        assert causes(scored(tmp_path, loaded[MONTHLY], [birth()], [episode(mode="cesarean")], as_of=as_of)) == {"mode": {cause: 1}}


def test_a_birth_that_was_not_found(tmp_path: Path, loaded: dict[str, Program]) -> None:
    other = birth(2, BORN, member_id="M2")
    missed = scored(tmp_path, loaded[MONTHLY], [birth(), other], [episode()])
    assert causes(missed) == {"deliveries": {"unexplained": 1}, "live_births_with_a_usable_claim": {"unexplained": 1}}
    assert (missed["deliveries"].precision, missed["deliveries"].recall) == ("100.00%", "50.00%")
    other |= {"expected_found": "false", "missing_cause": "no_usable_claim"}
    hidden = scored(tmp_path, loaded[MONTHLY], [birth(), other], [episode()])
    assert causes(hidden) == {"deliveries": {"no_usable_claim": 1}}
    assert hidden["live_births_with_a_usable_claim"].recall == "100.00%"


def test_facts_known_after_the_run_are_not_asked_of_it(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """A birth on the day of the run counts, one after it does not; a claim known that day is known."""
    truth = [birth(), birth(2, AS_OF, member_id="M2"), birth(3, AS_OF + timedelta(days=1), member_id="M3")]
    result = scored(tmp_path, loaded[MONTHLY], truth, [episode()])
    assert (result["deliveries"].true, causes(result)) == (2, {"deliveries": {"known_after_the_run": 1}})
    truth[1]["first_known_date"] = AS_OF
    assert causes(scored(tmp_path, loaded[MONTHLY], truth, [episode()]))["deliveries"] == {"unexplained": 1}


def test_an_episode_too_many_is_unexplained(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """A second episode of one birth, one of a member without a birth, and one 31 days off, which also leaves its birth without any."""
    for second in (episode(2, BORN + timedelta(days=5)), episode(2, member_id="M2")):
        result = scored(tmp_path, loaded[MONTHLY], [birth()], [episode(), second])
        assert result["deliveries"] == Comparison("deliveries", 1, 2, 1, {"unexplained": 1})
    far = scored(tmp_path, loaded[MONTHLY], [birth()], [episode(day=BORN + timedelta(days=31))])
    assert far["deliveries"] == Comparison("deliveries", 1, 1, 0, {"unexplained": 2})
    near = scored(tmp_path, loaded[MONTHLY], [birth()], [episode(day=BORN + timedelta(days=30))])
    assert near["deliveries"] == Comparison("deliveries", 1, 1, 1, {})


def test_only_outcomes_the_program_counts_are_asked_for(tmp_path: Path, loaded: dict[str, Program]) -> None:
    truth = [birth(outcome="stillbirth")]
    assert scored(tmp_path, loaded[MONTHLY], truth, [episode(outcome="stillbirth")])["deliveries"].right == 1
    assert scored(tmp_path, loaded[DELIVERING], truth, [])["deliveries"] == Comparison("deliveries", 0, 0, 0, {})
    surplus = scored(tmp_path, loaded[DELIVERING], truth, [episode()])
    assert surplus["deliveries"] == Comparison("deliveries", 0, 1, 0, {"unexplained": 1})
    assert surplus["outcome"] == Comparison("outcome", 1, 1, 0, {"unexplained": 1})


def test_a_window_around_the_stay(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """280 days before the admission, the day before the birth, to 60 days after the discharge, the day after it."""
    first, last = BORN - timedelta(days=281), BORN + timedelta(days=61)
    assert scored(tmp_path, loaded[DELIVERING], [birth()], [episode(episode_start_date=first, episode_end_date=last)])["window"].right == 1
    longer = episode(episode_start_date=first, episode_end_date=last + timedelta(days=1))
    assert causes(scored(tmp_path, loaded[DELIVERING], [birth()], [longer])) == {"window": {"unexplained": 1}}


@pytest.mark.parametrize(
    ("days_before", "weeks", "start_days_before"),
    [
        (250, 40, 249),  # the day after the loss
        (270, 36, 252),  # the pregnancy began later than the loss: 36 weeks
        (280, 40, 279),  # the first day of the window
        (281, 36, 280),  # outside it: nothing cuts the window
    ],
)
def test_a_loss_before_the_birth_cuts_its_window(
    days_before: int, weeks: int, start_days_before: int, tmp_path: Path, loaded: dict[str, Program]
) -> None:
    lost = BORN - timedelta(days=days_before)
    found = episode(gestation_weeks=weeks, episode_start_date=BORN - timedelta(days=start_days_before))
    line = {**RUN, "episode_id": "X1", "claim_id": "C", "version_seq": 1, "claim_line_number": 1, "line_start_date": lost}
    result = scored(tmp_path, loaded[MONTHLY], [birth(gestation_weeks=weeks), loss(2, lost)], [found], lines=[line])
    assert causes(result) == {}


def test_a_loss_without_a_line_cannot_cut_a_window(tmp_path: Path, loaded: dict[str, Program]) -> None:
    lost = BORN - timedelta(days=250)
    line = {**RUN, "episode_id": "X1", "claim_id": "C", "version_seq": 1, "claim_line_number": 1, "line_start_date": lost}
    truth = [birth(), loss(2, lost)]
    assert causes(scored(tmp_path, loaded[MONTHLY], truth, [episode()])) == {"window": {"earlier:loss_without_final_line": 1}}
    assert causes(scored(tmp_path, loaded[MONTHLY], truth, [episode()], lines=[line])) == {"window": {"unexplained": 1}}


def test_an_earlier_birth_cuts_the_window_and_its_causes_pass_on(tmp_path: Path, loaded: dict[str, Program]) -> None:
    """300 days apart: the earlier window ends 90 days after that birth, 210 before this one, whose 30 weeks begin then too."""
    early = BORN - timedelta(days=300)
    pair, later = [birth(gestation_weeks=30), birth(2, early)], episode(gestation_weeks=30)
    cut = later | {"episode_start_date": BORN - timedelta(days=209)}
    assert causes(scored(tmp_path, loaded[MONTHLY], pair, [cut, episode(2, early)])) == {}
    assert causes(scored(tmp_path, loaded[MONTHLY], pair, [later, episode(2, early)])) == {"window": {"unexplained": 1}}
    pair[1] |= {"expected_found": "false", "missing_cause": "no_usable_claim"}
    assert causes(scored(tmp_path, loaded[MONTHLY], pair, [later])) == {
        "deliveries": {"no_usable_claim": 1},
        "window": {"earlier:no_usable_claim": 1},
    }


@pytest.mark.parametrize(("days_apart", "third_start"), [(167, 91), (168, 259)])
def test_a_birth_too_soon_after_another_bounds_no_window(
    days_apart: int, third_start: int, tmp_path: Path, loaded: dict[str, Program]
) -> None:
    """A third birth, 371 days after the first, is out of reach of the first one's window; the second's cuts it unless it is doubtful."""
    second, third = BORN + timedelta(days=days_apart), BORN + timedelta(days=371)
    truth = [birth(), birth(2, second), birth(3, third, gestation_weeks=20)]
    found = [
        episode(),
        episode(2, second, episode_start_date=BORN + timedelta(days=91)),
        episode(3, third, gestation_weeks=20, episode_start_date=BORN + timedelta(days=third_start)),
    ]
    assert causes(scored(tmp_path, loaded[MONTHLY], truth, found)) == {}


def test_a_table_that_a_person_can_read(tmp_path: Path, loaded: dict[str, Program]) -> None:
    truth = [birth(n, member_id=f"M{n}") for n in range(1, 1002)]
    found = [episode(n, member_id=f"M{n}") for n in range(1, 1001)]
    found[0]["attributed_entity_id"] = None
    result = scored(tmp_path, loaded[MONTHLY], truth, found, [planted("eligibility_gap", "")])
    assert result.to_text().splitlines() == [
        "ct-husky-maternity against the ground truth, as of 2026-12-31",
        "                                  true  found  right  precision   recall  misses  unexplained",
        "deliveries                       1,001  1,000  1,000    100.00%   99.90%       1            1",
        "live births with a usable claim  1,001  1,000  1,000    100.00%   99.90%       1            1",
        "delivery date                    1,000  1,000  1,000    100.00%  100.00%       0            0",
        "mode                             1,000  1,000  1,000    100.00%  100.00%       0            0",
        "outcome                          1,000  1,000  1,000    100.00%  100.00%       0            0",
        "gestation                        1,000  1,000  1,000    100.00%  100.00%       0            0",
        "window                           1,000  1,000  1,000    100.00%  100.00%       0            0",
        "attribution                      1,000    999    999    100.00%   99.90%       1            0",
        "misses, deliveries: 1 unexplained",
        "misses, live births with a usable claim: 1 unexplained",
        "misses, attribution: 1 eligibility gap",
    ]


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 1, "100.00%"), (99_999, 100_000, "99.99%"), (0, 3, "0.00%"), (2, 3, "66.66%"), (0, 0, "-")]
)
def test_only_a_whole_is_a_hundred_percent(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_the_steps_keep_to_the_dialect(root: Path) -> None:
    steps = [read_step(path, True) for path in sorted((root / "src/trueup/synthetic/score_sql").glob("*.sql"))]
    assert len(steps) == 9
    assert [problem for step in steps for problem in lint(step)] == []


def test_a_folder_that_lacks_something_is_named(tmp_path: Path, loaded: dict[str, Program]) -> None:
    scored(tmp_path, loaded[MONTHLY], [birth()], [episode()])
    (tmp_path / "planted.csv").write_text("kind,member_id\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"TRU-U031 .*planted\.csv has no column claim_family_id, pregnancy_id"):
        score(tmp_path, tmp_path, loaded[MONTHLY])
    (tmp_path / "episode_lines.parquet").unlink()
    with pytest.raises(UsageError, match=r"TRU-U031 .*episode_lines\.parquet is not there"):
        score(tmp_path, tmp_path, loaded[MONTHLY])


# --- a whole state ------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, loaded: dict[str, Program]) -> tuple[Path, dict[str, Path]]:
    return truth_and_runs(tmp_path_factory.mktemp("state"), loaded)


@pytest.mark.parametrize("name", [DELIVERING, MONTHLY])
def test_every_live_birth_with_a_usable_claim_is_found_and_no_other(
    name: str, state: tuple[Path, dict[str, Path]], loaded: dict[str, Program]
) -> None:
    truth, ran = state
    result = score(ran[name], truth, loaded[name])
    usable = result["live_births_with_a_usable_claim"]
    assert (usable.recall, usable.misses) == ("100.00%", 0)
    assert result["deliveries"].precision == "100.00%"
    assert {c.name: c.unexplained for c in result.comparisons if c.unexplained} == {}
    assert {c.name: (c.true, c.found, c.right) for c in result.comparisons} == EXPECTED[name]


@pytest.mark.parametrize("name", [DELIVERING, MONTHLY])
def test_most_errors_of_an_engine_that_is_always_wrong_stay_unexplained(
    name: str, state: tuple[Path, dict[str, Path]], loaded: dict[str, Program], tmp_path: Path
) -> None:
    """Planted causes are rare enough not to hide a fault: with every answer wrong, at least half of each kind is unexplained."""
    truth, ran = state
    engine = DuckEngine()
    for table in ("episodes", "episode_lines"):
        engine.register_parquet(table, [ran[name] / f"{table}.parquet"], OUTPUT[table].columns)
    wrong = [
        row
        | {
            "delivery_date": row["delivery_date"] + timedelta(days=1),
            "mode": "cesarean" if row["mode"] == "vaginal" else "vaginal",
            "outcome": "loss",
            "gestation_weeks": 1,
            "episode_end_date": row["episode_end_date"] + timedelta(days=100),
            "attributed_entity_id": "nobody",
        }
        for row in engine.rows("episodes")
    ]
    engine.register_rows("wrong_episodes", wrong, OUTPUT["episodes"].columns)
    for source, table in (("wrong_episodes", "episodes"), ("episode_lines", "episode_lines")):
        engine.write_files([TableFile(source, tmp_path / f"{table}.parquet", OUTPUT[table].columns, OUTPUT[table].key)])
    engine.close()
    (tmp_path / "manifest.json").write_bytes((ran[name] / "manifest.json").read_bytes())
    result = score(tmp_path, truth, loaded[name])
    answers = [c for c in result.comparisons if c.name not in ("deliveries", "live_births_with_a_usable_claim")]
    assert {c.right for c in answers} == {0}
    assert {c.name for c in answers if c.unexplained * 2 < c.true} == set()
