"""One function for each type of resource: its rows in the clinical tables. Nothing is judged here beyond what a row can hold.

Source: HL7 FHIR R4 (4.0.1) resource pages; the flag "present on admission" is QI-Core's extension of Encounter.diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from trueup.claims.fhir.codings import codings
from trueup.claims.fhir.collect import Collector, Item
from trueup.claims.fhir.nodes import Json, code_of, part, parts, text
from trueup.claims.fhir.times import NEVER, Moment, Span, choice, moment, period

_PRESENT_ON_ADMISSION = "encounter-diagnosisPresentOnAdmission"  # the end of the extension's URL; publishers differ in its beginning
_MILLIONTH, _LIMIT = Decimal("0.000001"), Decimal(10) ** 12
_PRINCIPAL_RANK = 1


def person(item: Item, out: Collector) -> None:
    node = item.resource
    out.add(
        "clinical_people",
        member_id=item.member_id,
        birth_date=_day(item, out, "birthDate", moment(text(node, "birthDate"))),
        death_date=_day(item, out, "deceasedDateTime", moment(text(node, "deceasedDateTime"))),
        gender=text(node, "gender"),
    )


def coverage(item: Item, out: Collector) -> None:
    node, span = item.resource, period(item.resource, "period")
    payers = [name for payer in parts(node, "payor") if (name := text(payer, "display") or text(payer, "reference")) is not None]
    out.add(
        "clinical_coverages",
        member_id=item.member_id,
        coverage_id=item.resource_id,
        status=text(node, "status"),
        payer=payers[0] if payers else None,
        start_date=span.start.day,
        end_date=span.end.day,
    )
    out.concept(item, "type")


def encounter(item: Item, out: Collector) -> None:
    node = item.resource
    out.add(
        "clinical_encounters",
        member_id=item.member_id,
        encounter_id=item.resource_id,
        status=text(node, "status"),
        class_code=text(part(node, "class"), "code"),
        **_span(item, out, "period", period(node, "period")),
    )
    out.concepts(item, "type")
    out.codes(item, "reason", parts(node, "reasonCode"))
    out.concept(item, "discharge_disposition", of=part(node, "hospitalization"), named="dischargeDisposition")
    for position, place in enumerate(parts(node, "location")):
        out.add(
            "clinical_locations",
            member_id=item.member_id,
            encounter_id=item.resource_id,
            position=position,
            location_id=out.reference(item, "location", position, part(place, "location"), "Location"),
            status=text(place, "status"),
            **_span(item, out, "location.period", period(place, "period")),
        )
    for position, diagnosis in enumerate(parts(node, "diagnosis")):
        _diagnosis(item, out, position, diagnosis)


def _diagnosis(item: Item, out: Collector, position: int, node: Json) -> None:
    condition = out.reference(item, "diagnosis", position, part(node, "condition"), "Condition")
    flags = [
        part(extension, "valueCodeableConcept")
        for extension in parts(node, "extension")
        if (text(extension, "url") or "").endswith(_PRESENT_ON_ADMISSION)
    ]
    rank = node.get("rank")
    out.codes(item, "present_on_admission", flags[:1], start=position)
    out.concept(item, "diagnosis_use", of=node, named="use", position=position)
    out.add(
        "clinical_diagnoses",
        member_id=item.member_id,
        encounter_id=item.resource_id,
        position=position,
        condition_id=condition,
        rank=rank if isinstance(rank, int) else None,
        is_principal=rank == _PRINCIPAL_RANK,
        present_on_admission=next((code for _, _, code in codings(flags[:1])), None),
        is_resolved=condition is not None,
    )


def condition(item: Item, out: Collector) -> None:
    node = item.resource
    out.add(
        "clinical_conditions",
        member_id=item.member_id,
        condition_id=item.resource_id,
        clinical_status=code_of(node, "clinicalStatus"),
        verification_status=code_of(node, "verificationStatus"),
        onset_date=choice(node, "onset").start.day,
        recorded_date=moment(text(node, "recordedDate")).day,
    )
    out.concept(item, "code")
    out.concepts(item, "category")


def procedure(item: Item, out: Collector) -> None:
    out.add(
        "clinical_procedures",
        member_id=item.member_id,
        procedure_id=item.resource_id,
        status=text(item.resource, "status"),
        **_span(item, out, "performed", choice(item.resource, "performed")),
    )
    out.concept(item, "code")


def observation(item: Item, out: Collector) -> None:
    node = item.resource
    shared: dict[str, Any] = {
        "member_id": item.member_id,
        "observation_id": item.resource_id,
        "status": text(node, "status"),
        "issued_ms": moment(text(node, "issued")).ms,
        **_span(item, out, "effective", choice(node, "effective")),
    }
    for position, of in enumerate([node, *parts(node, "component")]):
        out.add("clinical_observations", position=position, **shared, **_value(item, out, of))
        out.concept(item, "code", of=of, position=position)
        out.concept(item, "value", of=of, named="valueCodeableConcept", position=position)


def medication(item: Item, out: Collector) -> None:
    node = item.resource
    span = choice(node, "effective")
    other = moment(text(node, "authoredOn") or text(node, "whenHandedOver"))
    out.add(
        "clinical_medications",
        member_id=item.member_id,
        resource_type=item.resource_type,
        medication_id=item.resource_id,
        status=text(node, "status"),
        **_span(item, out, "effective", Span(other, other) if other.written else span),
    )
    out.concept(item, "medication", named="medicationCodeableConcept")
    if part(node, "medicationReference"):
        out.reference(item, "medication", 0, part(node, "medicationReference"), "Medication")


READERS: dict[str, Callable[[Item, Collector], None]] = {
    "Patient": person,
    "Coverage": coverage,
    "Encounter": encounter,
    "Condition": condition,
    "Procedure": procedure,
    "Observation": observation,
    "MedicationAdministration": medication,
    "MedicationDispense": medication,
    "MedicationRequest": medication,
}
SHARED = frozenset({"Location", "Medication"})  # they belong to nobody; others refer to them
OWNERS = {"Patient": "id", "Coverage": "beneficiary"}  # where a resource names its person; elsewhere it is `subject`


def _span(item: Item, out: Collector, element: str, span: Span) -> dict[str, Any]:
    """The columns of a span, with a finding for each end that has no instant although something was written."""
    for end in {span.start, span.end}:
        if end.written and end.ms is None:
            out.note_item("fhir.time_unread" if end.day is None else "fhir.time_without_clock", item, element)
    return span.columns()


def _day(item: Item, out: Collector, element: str, at: Moment) -> object:
    if at.written and at.day is None:
        out.note_item("fhir.time_unread", item, element)
    return at.day


def _value(item: Item, out: Collector, node: Json) -> dict[str, Any]:
    """The value columns of an observation or component. A quantity's unit is its code, else its printed unit."""
    whole, quantity = node.get("valueInteger"), part(node, "valueQuantity")
    if isinstance(whole, int):
        return {"value_type": "integer", "value_number": _number(item, out, whole)}
    if quantity:
        exact = text(quantity, "comparator") is None
        if not exact:
            out.note_item("fhir.value_not_exact", item, "value")
        return {
            "value_type": "quantity",
            "value_number": _number(item, out, quantity.get("value")) if exact else None,
            "value_unit": text(quantity, "code") or text(quantity, "unit"),
        }
    at = moment(text(node, "valueDateTime"))
    if at != NEVER:
        if at.day is None:
            out.note_item("fhir.time_unread", item, "value")
        return {"value_type": "time", "value_ms": at.ms, "value_date": at.day}
    if part(node, "valueCodeableConcept"):
        return {"value_type": "code"}
    words = text(node, "valueString")
    return {"value_type": "text", "value_text": words} if words is not None else {}


def _number(item: Item, out: Collector, value: object) -> Decimal | None:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return None
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= _LIMIT:
        out.note_item("fhir.value_too_large", item, "value")
        return None
    return number.quantize(_MILLIONTH, rounding=ROUND_HALF_UP)
