"""The FHIR reader: what becomes of resources, times, codes, references and faults. The resources are our own."""

from __future__ import annotations

import builtins
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from unit.quality.ecqm_world import CM, LOCAL, Node, concept, condition, encounter, observation, patient, procedure, read, subject

from trueup.claims.fhir import read_cases, read_files, read_value_sets
from trueup.claims.fhir.codings import code_word, system_word
from trueup.claims.fhir.times import Moment, moment
from trueup.errors import IntakeError, UsageError
from trueup.tables.clinical import CLINICAL

NOON_UTC = 1_780_920_000_000  # 2026-06-08T12:00:00Z


def codes(rows: list[dict[str, object]], element: str) -> list[tuple[object, ...]]:
    return [(row["position"], row["code_system"], row["code"]) for row in rows if row["element"] == element]


def findings(clinical: Any) -> dict[str, int]:
    """The counted warnings, but for those about our own code system."""
    ours = [row for row in clinical.findings if row["code"] != "fhir.unknown_system"]
    return {f"{row['code']} {row['resource_type']}.{row['element']}".rstrip("."): row["rows"] for row in ours}


def test_a_time_keeps_its_instant_and_the_day_of_its_own_clock() -> None:
    assert moment("2026-06-08T12:00:00Z") == Moment(NOON_UTC, date(2026, 6, 8), written=True)
    assert moment("2026-06-08T22:30:00.250-05:00") == Moment(NOON_UTC + 15 * 3_600_000 + 1_800_250, date(2026, 6, 8), written=True)
    assert moment("1969-12-31T23:59:59.999Z") == Moment(-1, date(1969, 12, 31), written=True)


@pytest.mark.parametrize(
    ("written", "day"), [("2026-06-08", date(2026, 6, 8)), ("2026-06", None), ("2026", None), ("2026-02-30", None), ("soon", None)]
)
def test_less_than_a_time_has_no_instant(written: str, day: date | None) -> None:
    assert moment(written) == Moment(None, day, written=True)
    assert moment(None) == Moment()


def test_codes_are_written_as_the_house_writes_them() -> None:
    assert [system_word(s) for s in ("http://hl7.org/fhir/sid/icd-10-cm", "icd10cm", "http://snomed.info/sct", "urn:x", " LOINC ")] == [
        "icd-10-cm",
        "icd-10-cm",
        "snomed",
        "urn:x",
        "loinc",
    ]
    assert (code_word("icd-10-cm", " o15.0 "), code_word("loinc", "93857-1")) == ("O150", "93857-1")


def test_an_encounter_becomes_rows() -> None:
    place = {"resourceType": "Location", "id": "ward", "type": [concept(LOCAL, "WARD")]}
    at = {"location": {"reference": "Location/ward"}, "status": "completed", "period": {"start": "2026-06-08T12:00:00Z"}}
    stay = encounter(diagnoses=(("Condition/c", "N"),), location=[at], reasonCode=[concept(CM, "O80")])
    stay["diagnosis"][0]["rank"] = 1
    tables = read(patient(), place, stay, condition("c", "O15.0")).tables
    (row,) = tables["clinical_encounters"]
    assert (row["member_id"], row["encounter_id"], row["class_code"], row["status"]) == ("p1", "e1", "IMP", "finished")
    assert (row["start_date"], row["end_date"], row["start_ms"]) == (date(2026, 6, 8), date(2026, 6, 10), NOON_UTC - 4 * 3_600_000)
    (where,) = tables["clinical_locations"]
    assert (where["location_id"], where["start_ms"], where["end_ms"], where["status"]) == ("ward", NOON_UTC, None, "completed")
    (diagnosis,) = tables["clinical_diagnoses"]
    assert (diagnosis["condition_id"], diagnosis["rank"], diagnosis["is_principal"], diagnosis["present_on_admission"]) == (
        "c",
        1,
        True,
        "N",
    )
    listed = tables["clinical_codes"]
    assert codes(listed, "location") == [(0, LOCAL, "WARD")]
    assert codes(listed, "present_on_admission") == [(0, "present-on-admission", "N")]
    assert codes(listed, "reason") == [(0, "icd-10-cm", "O80")]


def test_observations_have_values_of_several_kinds_and_components() -> None:
    pressure = observation("BP", "2026-06-08T12:00:00Z", name="bp")
    pressure["component"] = [{"code": concept(LOCAL, "SYS"), "valueQuantity": {"value": 120, "unit": "mm[Hg]"}}]
    ranged = observation("W", None, name="r", valueCodeableConcept=concept(LOCAL, "YES"))
    ranged["effectivePeriod"] = {"start": "2026-06-08T12:00:00Z", "end": "2026-06-08T13:00:00Z"}
    rows = read(
        patient(),
        pressure,
        ranged,
        observation("N", "2026-06-08", name="n", valueInteger=2),
        observation("T", "2026-06-08T12:00:00Z", name="t", valueDateTime="2026-06-09"),
        observation("S", "2026-06-08T12:00:00Z", name="s", valueString="first"),
    ).tables
    seen = {
        (row["observation_id"], row["position"]): tuple(
            row.get(c) for c in ("value_type", "value_number", "value_unit", "value_date", "value_text", "start_ms", "end_ms")
        )
        for row in rows["clinical_observations"]
    }
    assert seen == {
        ("bp", 0): (None, None, None, None, None, NOON_UTC, NOON_UTC),
        ("bp", 1): ("quantity", Decimal("120.000000"), "mm[Hg]", None, None, NOON_UTC, NOON_UTC),
        ("r", 0): ("code", None, None, None, None, NOON_UTC, NOON_UTC + 3_600_000),
        ("n", 0): ("integer", Decimal("2.000000"), None, None, None, None, None),
        ("t", 0): ("time", None, None, date(2026, 6, 9), None, NOON_UTC, NOON_UTC),
        ("s", 0): ("text", None, None, None, "first", NOON_UTC, NOON_UTC),
    }
    assert codes(rows["clinical_codes"], "value") == [(0, LOCAL, "YES")]


def test_people_coverage_and_medications_become_rows() -> None:
    cover = {"resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": subject("p1"), "payor": [{"display": "Plan A"}]}
    cover["period"] = {"start": "2026-01-01"}
    drug = {"resourceType": "Medication", "id": "m", "code": concept(LOCAL, "OXY")}
    given = {"resourceType": "MedicationAdministration", "id": "a", "status": "completed", "subject": subject("p1")}
    given |= {"medicationReference": {"reference": "Medication/m"}, "effectiveDateTime": "2026-06-08T12:00:00Z"}
    asked = {"resourceType": "MedicationRequest", "id": "q", "status": "active", "intent": "order", "subject": subject("p1")}
    asked |= {"medicationCodeableConcept": concept(LOCAL, "OXY"), "authoredOn": "2026-06-08T12:00:00Z"}
    clinical = read({**patient(), "deceasedDateTime": "2026-07-01T00:00:00Z"}, cover, drug, given, asked)
    assert clinical.tables["clinical_people"] == [
        {"member_id": "p1", "birth_date": date(1996, 5, 1), "death_date": date(2026, 7, 1), "gender": "female"}
    ]
    (row,) = clinical.tables["clinical_coverages"]
    assert (row["payer"], row["start_date"], row["end_date"]) == ("Plan A", date(2026, 1, 1), None)
    assert [(r["resource_type"], r["start_ms"]) for r in clinical.tables["clinical_medications"]] == [
        ("MedicationAdministration", NOON_UTC),
        ("MedicationRequest", NOON_UTC),
    ]
    assert codes(clinical.tables["clinical_codes"], "medication") == [(0, LOCAL, "OXY"), (0, LOCAL, "OXY")]
    assert clinical.gaps == []


@pytest.mark.parametrize(
    "reference",
    ["Condition/c", "https://example.org/fhir/Condition/c", "Condition/c/_history/2", "urn:uuid:c"],
    ids=["plain", "url", "version", "urn"],
)
def test_a_reference_is_followed_in_every_form(reference: str) -> None:
    clinical = read(patient(), encounter(diagnoses=((reference, "Y"),)), condition("c", "O80"))
    assert [(d["condition_id"], d["is_resolved"]) for d in clinical.tables["clinical_diagnoses"]] == [("c", True)]
    assert clinical.gaps == []


@pytest.mark.parametrize("reference", ["Condition/x", "Resource/c", "#c", "c"])
def test_a_dangling_reference_is_a_finding(reference: str) -> None:
    clinical = read(patient(), encounter(diagnoses=((reference, "Y"),)), condition("c", "O80"))
    assert [(d["condition_id"], d["is_resolved"]) for d in clinical.tables["clinical_diagnoses"]] == [(None, False)]
    assert [(g["resource_id"], g["position"], g["reference"], g["is_mended"]) for g in clinical.gaps] == [("e1", 0, reference, False)]
    assert findings(clinical) == {"fhir.dangling_reference Encounter.diagnosis": 1}


def test_another_persons_condition_is_no_answer_to_a_reference() -> None:
    clinical = read(patient(), patient("p2"), encounter(diagnoses=(("Condition/c", "Y"),)), condition("c", "O80", who="p2"))
    assert findings(clinical) == {"fhir.dangling_reference Encounter.diagnosis": 1}


def test_references_are_mended_by_name_then_by_elimination_and_only_then() -> None:
    lost = encounter(diagnoses=(("Resource/bleed-81", "Y"), ("Resource/other-2", "N")))
    named, free = condition("a", "D66", display="Known as bleed-81"), condition("b", "A32.7")
    clinical = read(patient(), lost, named, free, mend=True)
    assert [d["condition_id"] for d in clinical.tables["clinical_diagnoses"]] == ["a", "b"]
    assert findings(clinical) == {"fhir.dangling_reference Encounter.diagnosis": 2, "fhir.mended_reference Encounter.diagnosis": 2}
    choice = read(patient(), lost, named, free, condition("c", "O80"), mend=True)
    assert [d["condition_id"] for d in choice.tables["clinical_diagnoses"]] == ["a", None]
    one, two = encounter("e1", diagnoses=(("Condition/x", "N"),)), encounter("e2", diagnoses=(("Condition/y", "N"),))
    assert findings(read(patient(), one, two, free, mend=True)) == {"fhir.dangling_reference Encounter.diagnosis": 2}


def test_copies_versions_and_conflicts() -> None:
    first, second = procedure("10E0XZZ", "2026-06-08"), {**procedure("10E0XZZ", "2026-06-09"), "id": "10E0XZZ-08"}
    assert findings(read(patient(), first, dict(first)))["fhir.copy Procedure"] == 1
    older, newer = {**first, "meta": {"lastUpdated": "2026-07-01T00:00:00Z"}}, {**second, "meta": {"lastUpdated": "2026-07-02T00:00:00Z"}}
    for order in ((older, newer), (newer, older)):
        clinical = read(patient(), *order)
        assert [row["start_date"] for row in clinical.tables["clinical_procedures"]] == [date(2026, 6, 9)]
        assert findings(clinical)["fhir.older_version Procedure"] == 1
    clinical = read(patient(), first, second)
    assert clinical.tables["clinical_procedures"] == []
    assert [(q["source_row"], q["reason_code"]) for q in clinical.tables["clinical_quarantine"]] == [
        (2, "fhir.conflicting_versions"),
        (3, "fhir.conflicting_versions"),
    ]


def test_what_cannot_be_trusted_is_quarantined_without_its_value() -> None:
    bad: Node = {**patient("secret"), "birthDate": "not-a-day"}
    ownerless = {key: value for key, value in procedure("10E0XZZ", "2026-06-08").items() if key != "id"}
    clinical = read(bad, ownerless, {**observation("N", None, name="n"), "subject": {"reference": "Group/g"}})
    assert [(q["resource_type"], q["reason_code"], q["detail"]) for q in clinical.tables["clinical_quarantine"]] == [
        ("Patient", "fhir.wrong_shape", "Patient.birthDate: value_error"),
        ("Procedure", "fhir.nameless", "Procedure.id is missing"),
        ("Observation", "fhir.nameless", "Observation.subject.reference is missing"),
    ]


def test_warnings_are_counted() -> None:
    clinical = read(
        {"resourceType": "Basic", "id": "x"},
        procedure("10E0XZZ", "2026"),
        procedure("10E0XZZ", "2026-06-08"),
        observation("N", None, name="n", valueQuantity={"value": 10**13}),
        observation("N", None, name="m", valueQuantity={"value": 3, "comparator": "<"}),
    )
    assert {(f["code"], f["rows"], f["first_row"]) for f in clinical.findings if f["element"] == "code"} == {("fhir.unknown_system", 2, 4)}
    assert findings(clinical) == {
        "fhir.time_unread Procedure.performed": 1,
        "fhir.time_without_clock Procedure.performed": 1,
        "fhir.type_not_read Basic": 1,
        "fhir.unknown_person Observation.subject": 2,
        "fhir.unknown_person Procedure.subject": 2,
        "fhir.value_not_exact Observation.value": 1,
        "fhir.value_too_large Observation.value": 1,
    }


def test_rows_have_no_column_beyond_the_contract() -> None:
    clinical = read(
        patient(), encounter(diagnoses=(("Condition/x", "Y"),)), procedure("10E0XZZ", "2026-06-08"), observation("N", None, name="n")
    )
    assert set(clinical.tables) == set(CLINICAL)
    beyond = {name: set(row) - set(CLINICAL[name].columns) for name, rows in clinical.tables.items() for row in rows}
    assert all(not columns for columns in beyond.values())


def test_bundles_lines_and_gzip_read_alike(tmp_path: Path) -> None:
    nodes = [patient(), encounter()]
    (tmp_path / "a.ndjson").write_text("\n".join(json.dumps(node) for node in nodes) + "\n\n", encoding="utf-8")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": node} for node in nodes]}
    (tmp_path / "b.json").write_text(json.dumps(bundle), encoding="utf-8")
    with gzip.open(tmp_path / "c.json.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(bundle))
    read_ones = [read_files([tmp_path / name]).tables["clinical_encounters"] for name in ("a.ndjson", "b.json", "c.json.gz")]
    assert read_ones[0] == read_ones[1] == read_ones[2] != []


def test_an_entry_without_an_id_takes_its_address(tmp_path: Path) -> None:
    nameless = {key: value for key, value in patient().items() if key != "id"}
    entry = [{"fullUrl": "urn:uuid:77", "resource": nameless}, {"resource": encounter(who="77")}]
    (tmp_path / "b.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry}), encoding="utf-8")
    clinical = read_files([tmp_path / "b.json"])
    assert [row["member_id"] for row in clinical.tables["clinical_people"]] == ["77"]
    assert "fhir.unknown_person Encounter.subject" not in findings(clinical)


@pytest.mark.parametrize("content", ["{", "[]", '{"id": "x"}', '{"resourceType": NaN}', "[" * 100_000])
def test_what_is_no_fhir_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        read_files([tmp_path / "a.json"])
    assert caught.value.code == "TRU-I101"


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"x" * 10_000)
    (tmp_path / "a.json.gz").write_bytes(whole[:-12])
    with pytest.raises(IntakeError, match="TRU-I101"):
        read_files([tmp_path / "a.json.gz"])


def test_without_the_library_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("fhir.resources"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match="TRU-I100"):
        read(patient())


def test_value_sets_come_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "sets.csv"
    path.write_text(
        "oid,name,vs_version,code_system,code\n2.999,Eclampsia,1,icd10cm,O15.0\n2.999,Eclampsia,1,icd10cm,O15.0\n", encoding="utf-8"
    )
    assert read_value_sets(path) == [
        {"value_set": "2.999", "name": "Eclampsia", "version": "1", "code_system": "icd-10-cm", "code": "O150"}
    ]


@pytest.mark.parametrize("content", ["oid,code\n2.999,x\n", "oid,code_system,code\n2.999,icd10cm,\n", "oid,code_system,code\n"])
def test_a_value_set_file_that_lacks_something_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text(content, encoding="utf-8")
    with pytest.raises(IntakeError, match="TRU-I102"):
        read_value_sets(tmp_path / "sets.csv")


CASE: Node = {
    "measure": "CMS334",
    "case_id": "p1",
    "period": {"start": "2026-01-01", "end": "2026-12-31"},
    "expected": [{"group": 1, "population": "initial-population", "count": 0}],
    "resources": [patient()],
}


@pytest.mark.parametrize(
    "lines",
    [
        [{**CASE, "expected": []}],
        [{**CASE, "expected": [{"group": 1, "population": "numerator"}]}],
        [{**CASE, "resources": []}],
        [CASE, {**CASE, "measure": "CMS1028"}],
        [{**CASE, "period": {"start": "2026"}}],
        [],
    ],
)
def test_a_case_file_that_lacks_something_is_refused(lines: list[Node], tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(IntakeError, match="TRU-I104"):
        read_cases(path)


def test_a_case_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE), encoding="utf-8")
    file = read_cases(tmp_path / "cases.jsonl")
    assert (file.measure, file.start, file.end) == ("CMS334", date(2026, 1, 1), date(2026, 12, 31))
    assert [(case.case_id, case.expected) for case in file.cases] == [("p1", {(1, "initial_population"): 0})]
