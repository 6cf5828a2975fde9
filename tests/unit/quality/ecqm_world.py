"""A small world of FHIR resources and value sets of our own: ICD-10 codes, and invented local ones for everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from trueup.claims.fhir import Clinical, Reader
from trueup.claims.fhir.sources import opened
from trueup.engine import DuckEngine
from trueup.quality.clinical import stage
from trueup.quality.clinical.compare import counts_of
from trueup.quality.clinical.measures import CESAREAN, COMPLICATIONS, ClinicalMeasure, Role

LOCAL = "urn:oid:2.999.1"  # 2.999 is the arc for examples
CM, PCS, POA = "icd-10-cm", "icd-10-pcs", "present-on-admission"
URLS = {
    CM: "http://hl7.org/fhir/sid/icd-10-cm",
    PCS: "http://www.cms.gov/Medicare/Coding/ICD10",
    POA: "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding",
    LOCAL: LOCAL,
}
SETS: dict[Role, list[tuple[str, str]]] = {
    "inpatient_stay": [(LOCAL, "INP")],
    "observation_visit": [(LOCAL, "OBS")],
    "arrival_visit": [(LOCAL, "ED"), (LOCAL, "TRIAGE")],
    "delivery_procedure": [(PCS, "10E0XZZ"), (PCS, "10D00Z1")],
    "cesarean": [(PCS, "10D00Z1")],
    "gestation_estimate": [(LOCAL, "EGA")],
    "gestation_code": [(CM, "Z3A39")],
    "singleton": [(CM, "Z370")],
    "abnormal_presentation": [(CM, "O321XX0"), (LOCAL, "BREECH")],
    "other_exclusion": [(CM, "O4403")],
    "complication_diagnosis": [(CM, "O150"), (CM, "A327")],
    "complication_procedure": [(PCS, "0UT90ZZ"), (PCS, "5A1935Z"), (PCS, "0B110F4")],
    "transfusion": [(PCS, "30233N1")],
    "hysterectomy": [(PCS, "0UT90ZZ")],
    "conversion_or_ventilation": [(PCS, "5A1935Z")],
    "placenta_invasion": [(CM, "O43233")],
    "expired": [(LOCAL, "DIED")],
    "acquired_in_stay": [(POA, "N"), (POA, "U")],
}
WORDS: tuple[Role, ...] = ("delivery_time", "due_date", "pregnancies", "parity", "preterm_births", "term_births")
Node = dict[str, Any]


def local(measure: ClinicalMeasure) -> ClinicalMeasure:
    """The measure with our own value sets and codes in every part."""
    return replace(
        measure,
        value_sets={role: (f"set-{role}",) for role in measure.value_sets},
        codes={role: (LOCAL, role) for role in measure.codes},
    )


OUR_CESAREAN, OUR_COMPLICATIONS = local(CESAREAN), local(COMPLICATIONS)
VALUE_SETS: list[dict[str, object]] = [
    {"value_set": f"set-{role}", "name": role, "version": "1", "code_system": system, "code": code}
    for role, codes in SETS.items()
    for system, code in codes
]


def concept(system: str, code: str) -> Node:
    return {"coding": [{"system": URLS[system], "code": code}]}


def patient(name: str = "p1", born: str = "1996-05-01") -> Node:
    return {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": born}


def subject(name: str) -> Node:
    return {"reference": f"Patient/{name}"}


def encounter(
    name: str = "e1",
    kind: str = "INP",
    start: str = "2026-06-08T08:00:00Z",
    end: str | None = "2026-06-10T08:00:00Z",
    *,
    who: str = "p1",
    diagnoses: tuple[tuple[str, str | None], ...] = (),
    **more: Any,
) -> Node:
    """An encounter; `diagnoses` are references with their present-on-admission flag."""
    listed: list[Node] = []
    for reference, flag in diagnoses:
        node: Node = {"condition": {"reference": reference}}
        if flag is not None:
            url = "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-encounter-diagnosisPresentOnAdmission"
            node["extension"] = [{"url": url, "valueCodeableConcept": concept(POA, flag)}]
        listed.append(node)
    period = {"start": start} if end is None else {"start": start, "end": end}
    found = {"resourceType": "Encounter", "id": name, "status": "finished", "class": {"code": "IMP"}, "type": [concept(LOCAL, kind)]}
    return {**found, "subject": subject(who), "period": period, **({"diagnosis": listed} if listed else {}), **more}


def condition(name: str, code: str, *, who: str = "p1", display: str | None = None) -> Node:
    coded = concept(CM, code)
    if display is not None:
        coded["coding"][0]["display"] = display
    return {"resourceType": "Condition", "id": name, "subject": subject(who), "code": coded}


def procedure(
    code: str, start: str, end: str | None = None, *, name: str | None = None, who: str = "p1", status: str = "completed"
) -> Node:
    when = {"performedDateTime": start} if end is None else {"performedPeriod": {"start": start, "end": end}}
    found = {"resourceType": "Procedure", "id": name or f"{code}-{start[8:10]}", "status": status, "subject": subject(who)}
    return {**found, "code": concept(PCS, code), **when}


def observation(word: str, at: str | None, *, name: str | None = None, who: str = "p1", status: str = "final", **value: Any) -> Node:
    when = {} if at is None else {"effectiveDateTime": at}
    found = {
        "resourceType": "Observation",
        "id": name or f"{word}-{at or 'never'}".replace("_", "-").replace(":", "").replace("+", ""),
        "status": status,
    }
    return {**found, "code": concept(LOCAL, word), "subject": subject(who), **when, **value}


def weeks(number: float, unit: str = "wk") -> Node:
    return {"value": number, "code": unit}


def read(*resources: Node, mend: bool = False) -> Clinical:
    reader = Reader()
    for row, resource in enumerate(resources, start=1):
        for found in opened(resource, "ours", row):
            reader.add(found)
    return reader.finish(mend=mend)


def count(measure: ClinicalMeasure, *resources: Node, who: str = "p1", year: int = 2026, mend: bool = False) -> dict[tuple[int, str], int]:
    """The populations that the person's stays are counted in, without the zeros."""
    engine = run(measure, *resources, year=year, mend=mend)
    try:
        return {key: stays for key, stays in counts_of(engine.rows(stage.RESULT)).get(who, {}).items() if stays}
    finally:
        engine.close()


def run(measure: ClinicalMeasure, *resources: Node, year: int = 2026, mend: bool = False) -> DuckEngine:
    engine = DuckEngine(threads=1)
    stage.register(engine, read(*resources, mend=mend).tables, VALUE_SETS)
    stage.run(engine, [measure], date(year, 1, 1), date(year, 12, 31))
    return engine
