"""The published comorbidity score: the weights that a program's rules carry, and the step that adds them up."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from trueup.engine import DuckEngine
from trueup.risk import stage
from trueup.risk.comorbidity import RULE_COLUMNS
from trueup.rules.compile import RuleTable, compile_rules
from trueup.rules.load import load_program

from .tables import EPISODE, claim, engine_with

Tables = dict[str, RuleTable]
BIRTH_AT_37 = date(1988, 10, 12)


@pytest.fixture(scope="module")
def tables(programs: Path) -> Tables:
    """The rule tables of the program that carries the score. No assumption is needed for it."""
    program = load_program(programs, "ct-husky-maternity")
    return {t.name: t for t in compile_rules(program, as_of=date(2027, 12, 31), workspace_key="risk")}


@pytest.fixture(scope="module")
def weights(tables: Tables) -> list[dict[str, Any]]:
    return list(tables["rule_comorbidity"].rows)


def scored(weights: list[dict[str, Any]], *claims: dict[str, list[dict[str, Any]]], birth_date: date) -> DuckEngine:
    """Episodes of M1, with these claims, all of them of its birth unless their day is earlier, and of M2, of whom nothing is known."""
    of_birth = [c["member_claims"][0]["version_id"] for c in claims if c["member_claims"][0]["from_date"] >= date(2025, 10, 1)]
    engine = engine_with(
        *claims,
        {
            "event_evidence": [{"member_id": "M1", "event_number": 1, "version_id": version} for version in of_birth],
            "episode_units": [EPISODE, EPISODE | {"episode_id": "E2", "member_id": "M2"}],
            "candidate_eligibility": [{"member_id": "M1", "birth_date": birth_date, "enrollment_start_date": date(2020, 1, 1)}],
            "rule_comorbidity": weights,
        },
    )
    stage.run(engine, None)
    return engine


def score(engine: DuckEngine) -> list[tuple[int, int, int]]:
    """Per episode: conditions, and the two scores."""
    rows = engine.rows("episode_comorbidity", order_by=("episode_id",))
    return [(r["factor_count"], r["score_smm"], r["score_nontransfusion"]) for r in rows]


def test_rules_are_compiled_into_the_columns_that_the_step_reads(tables: Tables) -> None:
    assert tables["rule_comorbidity"].columns == RULE_COLUMNS


def test_the_score_of_one_woman(weights: list[dict[str, Any]]) -> None:
    """T-40: age 37, chronic hypertension, gestational diabetes."""
    both = claim("V1", date(2025, 10, 12), "comorbidity_chronic_hypertension", "comorbidity_gestational_diabetes")
    assert score(scored(weights, both, birth_date=BIRTH_AT_37)) == [(3, 13, 9), (0, 0, 0)]
    assert score(scored(weights, both, birth_date=date(1990, 10, 13))) == [(2, 11, 8), (0, 0, 0)]


def test_all_conditions_add_up_to_the_published_sums(weights: list[dict[str, Any]]) -> None:
    roles = [str(w["code_role"]) for w in weights if w["code_role"]]
    assert (len(weights), len(roles)) == (27, 26)
    twice = claim("V1", date(2025, 10, 12), *roles, *roles)
    assert score(scored(weights, twice, birth_date=BIRTH_AT_37))[0] == (27, 478, 281)


def test_weights_are_those_of_the_published_table(shared_data: Path, weights: list[dict[str, Any]]) -> None:
    with (shared_data / "codesets" / "leonard2020_obstetric_comorbidity.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    published: dict[str, tuple[int, int]] = {r["indicator"]: (int(r["weight_smm"]), int(r["weight_nontransfusion_smm"])) for r in rows}
    assert sorted((w["weight_smm"], w["weight_nontransfusion"]) for w in weights) == sorted(published.values())
    assert len(published) == 27


def test_codes_are_what_the_published_patterns_find(shared_data: Path, tables: Tables) -> None:
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
    codes: dict[tuple[object, object], set[str]] = defaultdict(set)
    for row in tables["rule_codes"].rows:
        codes[row["code_role"], row["code_system"]].add(str(row["code"]))
    found: list[tuple[int, int, list[str]]] = []
    for w in tables["rule_comorbidity"].rows:
        exact, categories = (codes[w["code_role"], system] for system in ("icd-10-cm", "icd-10-cm-category"))
        listed = sorted(c for c in universe if c in exact or c[:3] in categories)
        found.append((int(str(w["weight_smm"])), int(str(w["weight_nontransfusion"])), listed))
    assert sum(len(listed) for _, _, listed in expected) > 600
    assert sorted(found) == expected


def test_the_step_adds_each_condition_once(weights: list[dict[str, Any]]) -> None:
    """Codes of the claims of the birth count, those of other claims and of the newborn do not; age is the age at delivery."""
    twice = claim("V1", date(2025, 10, 12), "comorbidity_chronic_hypertension", "comorbidity_chronic_hypertension", "comorbidity_hiv")
    again = claim("V2", date(2025, 10, 12), "comorbidity_gestational_diabetes", "comorbidity_chronic_hypertension")
    before = claim("V3", date(2025, 5, 1), "comorbidity_placenta_accreta")
    newborn = claim("V4", date(2025, 10, 12), "comorbidity_anemia", newborn=1)
    engine = scored(weights, twice, again, before, newborn, birth_date=BIRTH_AT_37)
    assert score(engine) == [(4, 10 + 30 + 1 + 2, 7 + 13 + 1 + 1), (0, 0, 0)]
    assert engine.count("episode_factors") == 0
