"""Rules of procedures and of points: what a file may not say, and what the steps are told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trueup.acts.points import slots_of
from trueup.errors import RuleErrors
from trueup.rules.compile_procedures import code_paths, compile_tables, fact_of
from trueup.rules.load import load_program
from trueup.rules.program import Program

INVENTED = Path(__file__).resolve().parents[2] / "programs" / "invented"
HIP = "fenwick-hip-bundle"
COMPLETION = "{method: chain_ladder, average: all, minimum_rate: '0.5', mature_days: 90}"
Damage = Callable[[str, str], Program]


@pytest.fixture
def procedures(tmp_path: Path, programs: Path) -> Damage:
    """The invented program with one text put in the place of another."""

    def load(was: str, now: str) -> Program:
        shutil.copytree(INVENTED / HIP, tmp_path / HIP)
        shutil.copytree(programs / "common" / "value_sets", tmp_path / "common" / "value_sets")
        path = tmp_path / HIP / "2024.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(was) == 1
        path.write_text(text.replace(was, now), encoding="utf-8")
        return load_program(tmp_path, HIP)

    return load


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("relevance: all", "relevance: listed", "`listed` needs the list"),
        ("operator: ge, value: 1, value_set: bone_cancer", "operator: ge, value: 1", "`value_set` belongs to"),
        ("tpl_lines, operator: ge, value: 1", "tpl_lines, operator: ge, value: 1, value_set: bone_cancer", "`value_set` belongs to"),
        ("  valid_years: 2", f"  valid_years: 2\n  completion: {COMPLETION}", "neither `case_rate`"),
        ("second_anchor: part_of_first", "second_anchor: ignored", "second_anchor"),
        ("mechanism: threshold_zones", "mechanism: points_pool", "points_pool"),
    ],
)  # fmt: skip
def test_what_a_file_may_not_say(procedures: Damage, was: str, now: str, says: str) -> None:
    with pytest.raises(RuleErrors) as caught:
        procedures(was, now)
    assert says in str(caught.value)


def test_the_steps_know_facts_by_their_own_names(procedures: Damage) -> None:
    program = procedures("merge_days: 1", "merge_days: 2")
    tables = {t.name: t.rows for t in compile_tables(program, date(2026, 1, 1), "key", None)}
    assert [(r["reason"], r["fact"]) for r in tables["rule_exclusions"]][3:7] == [
        ("minor", "age_at_delivery"),
        ("no_operation_billed", "professional_delivery_lines"),
        ("bone_cancer", "exclusion_bone_cancer"),
        ("replaced_by_later", "interval_too_short"),
    ]
    assert fact_of("x", "dual_days") == "dual_days"
    assert tables["rule_settings"] == [{"setting": "inpatient"}, {"setting": "outpatient"}]
    assert tables["run_params"][0]["merge_days"] == 2
    assert code_paths(program)["exclusions.bone_cancer"] == "exclusion_bone_cancer"


def test_points_need_a_slot(programs: Path) -> None:
    home = programs / "ct-obp4p"
    program = load_program(programs, home.name, assumptions=home / "assumptions" / "illustrative.yaml")
    assert [(s.id, s.measure_id, s.source, str(s.points)) for s in slots_of(program)] == [
        ("early_first_visit", "prenatal_timeliness", "claims", "10"),
        ("notification_form", "notification_form_timely", "submission", "10"),
        ("full_term_spontaneous", "full_term_spontaneous_vaginal", "claims", "10"),
        ("postpartum_visit", "postpartum_visit_21_56", "claims", "10"),
    ]


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        ("- {id: postpartum_visit, points:", "- {id: postpartum, points:", "TRU-R140"),
        ("- {id: SFY2015, amount:", "- {id: SFY2005, amount:", "TRU-R141"),
        ("value: [ct-husky-maternity]", "value: [ct-obp4p]", "TRU-R142"),
    ],
)
def test_points_that_fit_nothing_are_errors(tmp_path: Path, programs: Path, was: str, now: str, code: str) -> None:
    shutil.copytree(programs / "ct-obp4p", tmp_path / "ct-obp4p")
    shutil.copytree(programs / "common", tmp_path / "common")
    path = tmp_path / "ct-obp4p" / "2013.yaml"
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now), encoding="utf-8")
    with pytest.raises(RuleErrors, match=code):
        load_program(tmp_path, "ct-obp4p")


@pytest.mark.parametrize("points", ["-1", "1.0000001", "ten"])
def test_points_are_exact_and_never_negative(programs: Path, points: str) -> None:
    with pytest.raises(RuleErrors, match="expected points in quotes"):
        load_program(programs, "ct-obp4p", settings={"settlement.points.postpartum_visit.points": points})
