"""The published comorbidity score: sums of the weights, the file, and the step that adds them up."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from trueup.errors import RuleError
from trueup.risk import stage
from trueup.risk.comorbidity import Weight, read_weights, rule_rows, score
from trueup.rules.value_sets import read_value_set

from .tables import EPISODE, claim, engine_with


@pytest.fixture(scope="module")
def weights(programs: Path) -> tuple[Weight, ...]:
    return read_weights(programs / "common" / "weights" / "obstetric_comorbidity.csv")


def test_the_score_of_one_woman(weights: tuple[Weight, ...]) -> None:
    """T-40: age 37, chronic hypertension, gestational diabetes."""
    have = ["age_35_or_more", "chronic_hypertension", "gestational_diabetes"]
    assert score(have, weights, "smm") == 13
    assert score(have, weights, "nontransfusion_smm") == 9
    assert score(have[1:], weights, "smm") == 11
    assert score([], weights, "smm") == 0


def test_all_conditions_add_up_to_the_published_sums(weights: tuple[Weight, ...]) -> None:
    everything = [w.factor for w in weights]
    assert len(everything) == 27
    assert (score(everything, weights, "smm"), score(everything, weights, "nontransfusion_smm")) == (478, 281)
    assert score(everything * 2, weights, "smm") == 478


def test_weights_are_those_of_the_published_table(shared_data: Path, weights: tuple[Weight, ...]) -> None:
    with (shared_data / "codesets" / "leonard2020_obstetric_comorbidity.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    published = {(int(r["weight_smm"]), int(r["weight_nontransfusion_smm"])) for r in rows}
    assert {(w.smm, w.nontransfusion) for w in weights} == published
    assert len({r["indicator"] for r in rows}) == len(weights) == 27


def test_value_sets_hold_what_the_published_patterns_find(shared_data: Path, programs: Path, weights: tuple[Weight, ...]) -> None:
    folder = shared_data / "codesets"
    universe: set[str] = set()
    for name in ("chapter_f_mental", "chapter_o_pregnancy", "z_pregnancy_related", "z3a_weeks_gestation", "z37_outcome_of_delivery"):
        with (folder / f"icd10cm_{name}.csv").open(encoding="utf-8") as file:
            universe |= {r["icd10cm"] for r in csv.DictReader(file)}
    patterns: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    with (folder / "leonard2020_obstetric_comorbidity.csv").open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            patterns[int(r["weight_smm"]), int(r["weight_nontransfusion_smm"]), r["indicator"]].append(r["icd10_regex"])
    expected = sorted((a, b, sorted(c for c in universe if any(re.fullmatch(p, c) for p in ps))) for (a, b, _), ps in patterns.items())
    found: list[tuple[int, int, list[str]]] = []
    for w in weights:
        exact: set[str] = set()
        categories: set[str] = set()
        if w.value_set:
            codes, errors = read_value_set(programs / "common" / "value_sets" / f"{w.value_set}.csv", "common")
            assert errors == []
            exact = {c.code for c in codes.codes if c.code_system == "icd-10-cm"}
            categories = {c.code for c in codes.codes if c.code_system == "icd-10-cm-category"}
        found.append((w.smm, w.nontransfusion, sorted(c for c in universe if c in exact or c[:3] in categories)))
    assert sum(len(codes) for _, _, codes in expected) > 600
    assert sorted(found) == expected


def test_the_step_adds_each_condition_once(weights: tuple[Weight, ...]) -> None:
    """Codes of the claims of the birth count, those of other claims and of the newborn do not; age is the age at delivery."""
    twice = claim("V1", date(2025, 10, 12), "comorbidity_chronic_hypertension", "comorbidity_chronic_hypertension", "comorbidity_hiv")
    again = claim("V2", date(2025, 10, 12), "comorbidity_gestational_diabetes", "comorbidity_chronic_hypertension")
    before = claim("V3", date(2025, 5, 1), "comorbidity_placenta_accreta")
    newborn = claim("V4", date(2025, 10, 12), "comorbidity_anemia", newborn=1)
    born = {"member_id": "M1", "birth_date": date(1988, 10, 12), "enrollment_start_date": date(2020, 1, 1)}
    second = EPISODE | {"episode_id": "E2", "member_id": "M2"}
    engine = engine_with(
        twice, again, before, newborn,
        {
            "event_evidence": [{"member_id": "M1", "event_number": 1, "version_id": v} for v in ("V1", "V2", "V4")],
            "episode_units": [EPISODE, second], "final_eligibility": [born], "rule_comorbidity": rule_rows(weights),
        },
    )  # fmt: skip
    stage.run(engine, None)
    assert engine.rows("episode_comorbidity", order_by=("episode_id",)) == [
        {"episode_id": "E1", "factor_count": 4, "score_smm": 10 + 30 + 1 + 2, "score_nontransfusion": 7 + 13 + 1 + 1},
        {"episode_id": "E2", "factor_count": 0, "score_smm": 0, "score_nontransfusion": 0},
    ]
    assert engine.count("episode_factors") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("factor\nx\n", r"obstetric.csv:1 has the header factor"),
        ("{header}\n", r"holds no weight"),
        ("{header}\na,code,a,,,1,2,S\na,code,a,,,1,2,S\n", r"obstetric.csv:3 `a` comes twice"),
        ("{header}\na,code,a,,,1.5,2,S\n", r"weight_smm is `1.5`, not a whole number"),
        ("{header}\na,code,a,,,,2,S\n", r"weight_smm is ``"),
        ("{header}\na,code,,,,1,2,S\n", r"source `code`, value set ``"),
        ("{header}\na,age,a,35,,1,2,S\n", r"source `age`, value set `a`"),
        ("{header}\na,code,a,,,1,2,\n", r"cite ``"),
        ("{header}\na,code,a\n", r"has 3 fields, 8 are due"),
    ],
)
def test_a_wrong_weights_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "obstetric.csv"
    header = "factor,source,value_set,band_from,band_to,weight_smm,weight_nontransfusion,cite"
    path.write_text(text.format(header=header), encoding="utf-8")
    with pytest.raises(RuleError, match="TRU-K035") as error:
        read_weights(path)
    assert re.search(said, str(error.value))
