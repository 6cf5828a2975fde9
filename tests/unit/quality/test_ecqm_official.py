"""The official test patients of CMS334 and CMS1028: every expected population of every case, and a table of what differs, with causes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from trueup.claims.fhir import CaseFile, read_cases, read_value_sets
from trueup.engine import DuckEngine
from trueup.quality.clinical import stage
from trueup.quality.clinical.compare import Miss, counts_of, misses, totals
from trueup.quality.clinical.measures import measure_named

FILES = ("CMS334FHIRPCCesareanBirth", "CMS1028FHIRPCSevereOBComps")
CAUSE = "diagnosis references that name no resource: 2"
LOST = "62e987f4-91e2-40d5-add1-ff824422bda5"  # both of its encounter's diagnoses name resources that its export does not hold
# What differs from the expectation, and why. With the references mended, nothing does.
MISSES = {
    FILES[0]: [],
    FILES[1]: [Miss(LOST, 1, "numerator", 1, 0, CAUSE), Miss(LOST, 2, "numerator", 1, 0, CAUSE)],
}
CASES = {FILES[0]: 62, FILES[1]: 76}


@dataclass
class Ran:
    """A file of cases, what was found for each, and the engine that found it."""

    file: CaseFile
    found: dict[str, dict[tuple[int, str], int]]
    stays: dict[tuple[str, str], tuple[str, bool]]

    @property
    def expected(self) -> dict[str, dict[tuple[int, str], int]]:
        return {case.case_id: case.expected for case in self.file.cases}


def run(folder: Path, name: str, *, mend: bool) -> Ran:
    """All cases of a measure in one run of the steps."""
    file = read_cases(folder / f"{name}.jsonl.gz", mend=mend)
    engine = DuckEngine(threads=2)
    try:
        stage.register(engine, file.clinical.tables, read_value_sets(folder / "valuesets.csv"))
        stage.run(engine, [measure_named(file.measure)], file.start, file.end)
        weeks = {
            (r["member_id"], r["encounter_id"]): (r["gestation_source"], r["is_long_enough"]) for r in engine.rows("clinical_gestations")
        }
        return Ran(file, counts_of(engine.rows(stage.RESULT)), weeks)
    finally:
        engine.close()


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "ecqm"
    if not (found / "valuesets.csv").is_file():
        pytest.skip("no official test patients in ../shared/data/ecqm")
    return found


@pytest.fixture(scope="module")
def as_they_are(folder: Path) -> dict[str, Ran]:
    return {name: run(folder, name, mend=False) for name in FILES}


@pytest.fixture(scope="module")
def mended(folder: Path) -> dict[str, Ran]:
    return {name: run(folder, name, mend=True) for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_every_population_of_every_case_is_as_expected_or_its_difference_is_explained(name: str, as_they_are: dict[str, Ran]) -> None:
    ran = as_they_are[name]
    assert misses(ran.expected, ran.found, ran.file.clinical.gaps) == MISSES[name]
    assert len(ran.file.cases) == CASES[name]


@pytest.mark.parametrize("name", FILES)
def test_with_mended_references_all_cases_are_as_expected(name: str, mended: dict[str, Ran]) -> None:
    ran = mended[name]
    assert misses(ran.expected, ran.found, ran.file.clinical.gaps) == []


def test_nobody_is_counted_beyond_the_cases(as_they_are: dict[str, Ran]) -> None:
    for ran in as_they_are.values():
        assert set(ran.found) <= set(ran.expected)


def test_the_totals_of_all_cases(mended: dict[str, Ran]) -> None:
    cesarean = {t.population: (t.cases, t.expected, t.found, t.misses) for t in totals(mended[FILES[0]].expected, mended[FILES[0]].found)}
    assert cesarean == {
        "initial_population": (62, 59, 59, 0),
        "denominator": (62, 32, 32, 0),
        "denominator_exclusion": (62, 5, 5, 0),
        "numerator": (62, 13, 13, 0),
    }
    complications = {
        (t.rate_group, t.population): (t.cases, t.found, t.misses) for t in totals(mended[FILES[1]].expected, mended[FILES[1]].found)
    }
    assert complications == {
        (1, "initial_population"): (76, 71, 0),
        (1, "denominator"): (76, 60, 0),
        (1, "numerator"): (76, 26, 0),
        (1, "numerator_exclusion"): (76, 0, 0),
        (2, "initial_population"): (71, 71, 0),
        (2, "denominator"): (71, 60, 0),
        (2, "numerator"): (71, 26, 0),
        (2, "numerator_exclusion"): (71, 0, 0),
    }


def test_dangling_references_are_listed_not_lost(as_they_are: dict[str, Ran], mended: dict[str, Ran]) -> None:
    gaps = as_they_are[FILES[1]].file.clinical.gaps
    assert sorted({str(gap["member_id"])[:8] for gap in gaps}) == ["105a0427", "62e987f4", "dd0752c9"]
    assert [gap["is_mended"] for gap in mended[FILES[1]].file.clinical.gaps if gap["member_id"] == LOST] == [True, True]
    assert len(as_they_are[FILES[0]].file.clinical.gaps) == 50


def test_the_ladder_of_gestational_age_is_used_on_every_rung(as_they_are: dict[str, Ran]) -> None:
    for ran in as_they_are.values():
        assert {source for source, _ in ran.stays.values()} >= {"calculated", "estimated", "unknown"}
    assert "coded" in {source for source, _ in as_they_are[FILES[1]].stays.values()}
    assert all(not enough for ran in as_they_are.values() for source, enough in ran.stays.values() if source == "unknown")


def test_every_resource_is_read(as_they_are: dict[str, Ran]) -> None:
    for ran in as_they_are.values():
        assert ran.file.clinical.tables["clinical_quarantine"] == []
        assert {str(f["code"]) for f in ran.file.clinical.findings} <= {
            "fhir.dangling_reference",
            "fhir.unknown_system",
            "fhir.time_without_clock",
        }
