"""`trueup ecqm`, on cases and on resources of our own; and the measures as data."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from unit.quality.ecqm_world import OUR_CESAREAN, VALUE_SETS, Node, encounter, observation, patient, procedure, run

from trueup.commands import clinical as command
from trueup.engine.dialect import lint, to_spark
from trueup.errors import Refused, UsageError
from trueup.quality.clinical.compare import UNEXPLAINED, Miss, Total, misses, totals
from trueup.quality.clinical.measures import CESAREAN, COMPLICATIONS, ClinicalMeasure, measure_named, measure_row, role_rows
from trueup.quality.clinical.stage import STEPS, missing_value_sets
from trueup.tables.clinical import CLINICAL, CLINICAL_RESULTS

BORN = "2026-06-08T20:00:00Z"
RESOURCES = [patient(), encounter(diagnoses=(("Condition/gone", "N"),)), procedure("10E0XZZ", BORN)]
EXPECTED = [
    {"group": 1, "population": "initial-population", "count": 1},
    {"group": 1, "population": "denominator", "count": 0},
    {"group": 1, "population": "numerator", "count": 0},
]


@pytest.fixture
def our_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, with our own value sets in every part."""

    def ours(name: str) -> ClinicalMeasure:
        assert measure_named(name).id == "CMS334"
        return OUR_CESAREAN

    monkeypatch.setattr(command, "measure_named", ours)


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    with (tmp_path / "sets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["value_set", "name", "version", "code_system", "code"])
        writer.writeheader()
        writer.writerows(VALUE_SETS)
    return tmp_path / "sets.csv"


def case_file(folder: Path, expected: list[Node]) -> Path:
    case = {"measure": "CMS334Ours", "case_id": "p1", "description": "An early birth", "expected": expected, "resources": RESOURCES}
    (folder / "cases.jsonl").write_text(json.dumps({**case, "period": {"start": "2026-01-01", "end": "2026-12-31"}}), encoding="utf-8")
    return folder / "cases.jsonl"


@pytest.mark.usefixtures("our_measures")
def test_cases_as_expected(sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.ecqm(value_sets=sets, cases=case_file(tmp_path, EXPECTED)) == 0
    said = capsys.readouterr().out
    assert "CMS334Ours 2026-01-01 to 2026-12-31: 1 of 1 cases as expected." in said
    assert "fhir.dangling_reference Encounter.diagnosis: 1" in said


@pytest.mark.usefixtures("our_measures")
def test_a_difference_is_listed_with_its_cause(sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [*EXPECTED[:2], {"group": 1, "population": "numerator", "count": 1}]
    assert command.ecqm(value_sets=sets, cases=case_file(tmp_path, wrong)) == 1
    said = capsys.readouterr().out
    assert "p1 rate 1 numerator: expected 1, found 0; diagnosis references that name no resource: 1" in said
    assert "An early birth" in said
    assert "0 of 1 cases as expected." in said


@pytest.mark.usefixtures("our_measures")
def test_resources_are_counted_and_nobody_is_named(sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [patient("person-77"), *(json.loads(json.dumps(node).replace("Patient/p1", "Patient/person-77")) for node in RESOURCES[1:])]
    (tmp_path / "a.ndjson").write_text("\n".join(json.dumps(node) for node in nodes), encoding="utf-8")
    done = command.ecqm(value_sets=sets, resources=[tmp_path / "a.ndjson"], measure="CMS334", start="2026-01-01", through="2026-12-31")
    said = capsys.readouterr().out
    assert done == 0
    cells = [[cell.strip() for cell in line.split("│")[1:4]] for line in said.splitlines() if line.startswith("│")]
    assert cells == [["1", name, stays] for name, stays in zip(OUR_CESAREAN.populations, "1000", strict=True)]
    assert "1 delivery stays name diagnoses that are not among the resources; they are counted without them." in said
    assert "person-77" not in said


def test_the_command_says_what_it_lacks(sets: Path, tmp_path: Path) -> None:
    for given in ({}, {"cases": sets, "resources": [sets]}, {"resources": [sets]}, {"resources": [sets], "measure": "CMS334"}):
        with pytest.raises(UsageError, match="TRU-I106"):
            command.ecqm(value_sets=sets, **given)


def test_missing_value_sets_are_refused_by_name(sets: Path, tmp_path: Path) -> None:
    with pytest.raises(
        Refused, match=r"TRU-I103 CMS334 needs value sets that were not given: 2\.16\.840\.1\.113883\.3\.666\.5\.307 \(inpatient_stay\)"
    ):
        command.ecqm(value_sets=sets, cases=case_file(tmp_path, EXPECTED))


def test_measures_are_named_by_their_number() -> None:
    assert measure_named("CMS334FHIRPCCesareanBirth") is CESAREAN
    assert measure_named("CMS1028") is COMPLICATIONS
    for name in ("CMS3341", "CMS33", "cms334"):
        with pytest.raises(UsageError, match="TRU-I105"):
            measure_named(name)


def test_parameters_of_a_year() -> None:
    row = measure_row(COMPLICATIONS, date(2025, 1, 1), date(2025, 12, 31))
    assert (row["minimum_days"], row["pregnancy_ms"], row["counts_by_day"]) == (140, 294 * 86_400_000, True)
    assert measure_row(COMPLICATIONS, date(2026, 1, 1), date(2026, 12, 31))["counts_by_day"] is False
    assert measure_row(CESAREAN, date(2026, 1, 1), date(2026, 12, 31))["minimum_days"] == 259


def test_every_part_has_a_value_set_or_a_code() -> None:
    for measure in (CESAREAN, COMPLICATIONS):
        rows = role_rows(measure)
        assert all(("value_set" in row) != ("code" in row) for row in rows)
        assert len(missing_value_sets(measure, [])) == sum(len(oids) for oids in measure.value_sets.values())
        assert missing_value_sets(measure, [oid for oids in measure.value_sets.values() for oid in oids]) == []


def test_what_differs_and_what_is_summed() -> None:
    expected = {"a": {(1, "numerator"): 1}, "b": {(1, "numerator"): 0, (2, "numerator"): 0}}
    found = {"b": {(1, "numerator"): 1}}
    gap = {"member_id": "b", "element": "diagnosis", "is_mended": True}
    assert misses(expected, found, [gap]) == [Miss("a", 1, "numerator", 1, 0, UNEXPLAINED), Miss("b", 1, "numerator", 0, 1, UNEXPLAINED)]
    assert totals(expected, found) == [Total(1, "numerator", 2, 1, 1, 2), Total(2, "numerator", 1, 0, 0, 0)]


def test_steps_keep_to_the_dialect_and_their_keys() -> None:
    assert [problem for step in STEPS for problem in lint(step)] == []
    for step in STEPS:
        to_spark(step.sql)
    engine = run(OUR_CESAREAN, *RESOURCES, observation("delivery_time", BORN, valueDateTime=BORN))
    try:
        for step in STEPS:
            rows = engine.rows(step.writes)
            assert len({tuple(row[column] for column in step.key) for row in rows}) == len(rows), step.name
        for table in CLINICAL_RESULTS:
            assert engine.columns(table.name) == table.columns
        assert set(CLINICAL) <= {name for step in STEPS for name in step.reads} | set(CLINICAL)
    finally:
        engine.close()


def test_a_person_is_judged_alike_in_any_company() -> None:
    other: list[Node] = [json.loads(json.dumps(node).replace("p1", "p2")) for node in RESOURCES]
    alone, together = run(OUR_CESAREAN, *RESOURCES), run(OUR_CESAREAN, *other, *RESOURCES)
    try:
        first = alone.rows("clinical_populations", order_by=("population",))
        assert [r for r in together.rows("clinical_populations", order_by=("population",)) if r["member_id"] == "p1"] == first
        assert together.count("clinical_populations") == 2 * len(first)
    finally:
        alone.close()
        together.close()
