"""The clinical measures as data: their parameters by year, and which value set plays which part.

Value sets are named by their public object identifiers; their codes come from the user's file at run time. The few codes that a
specification names directly stand here as numbers.
Source: the public eCQM specifications on ecqi.healthit.gov, CMS334 (PC-02, cesarean birth) and CMS1028 (PC-07, severe obstetric
complications), and the maternal library they share; read in our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from trueup.errors import UsageError

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WEEK_DAYS = 7
PREGNANCY_DAYS = 42 * WEEK_DAYS  # how far back before the delivery an assessment of this pregnancy may lie
TERM_DAYS = 280  # from the first day of pregnancy, as it is counted, to the estimated date of delivery
FIRST_AGE, AGE_LIMIT = 8, 65  # completed years on the day of admission: from 8, below 65
UNIT_DAYS: Mapping[str, int] = {"wk": 7, "week": 7, "weeks": 7, "d": 1, "day": 1, "days": 1}  # how a gestational age may be written

Role = Literal[
    "inpatient_stay", "observation_visit", "arrival_visit", "delivery_procedure", "delivery_time", "due_date", "gestation_estimate",
    "gestation_code", "singleton", "pregnancies", "parity", "preterm_births", "term_births", "abnormal_presentation", "other_exclusion",
    "cesarean", "complication_diagnosis", "complication_procedure", "transfusion", "hysterectomy", "conversion_or_ventilation",
    "placenta_invasion", "expired", "acquired_in_stay",
]  # fmt: skip

_OID = "2.16.840.1.113762.1.4."
_MATERNAL: Mapping[Role, tuple[str, ...]] = {
    "inpatient_stay": ("2.16.840.1.113883.3.666.5.307",),
    "observation_visit": (f"{_OID}1111.143",),
    "arrival_visit": (f"{_OID}1029.369",),
    "delivery_procedure": (f"{_OID}1045.59",),
    "gestation_estimate": (f"{_OID}1045.26",),
}
_MATERNAL_CODES: Mapping[Role, tuple[str, str]] = {"delivery_time": ("loinc", "93857-1"), "due_date": ("loinc", "11778-8")}


@dataclass(frozen=True)
class ClinicalMeasure:
    """A measure: the parts its value sets and codes play, its populations in their order, and its rates.

    `procedures_count_by`, by the first year it holds for: whether a complication's procedure must start inside the hospitalization to the
    instant, or on one of its days. The measured year uses the last one up to it.
    """

    id: str
    title: str
    logic: Literal["cesarean", "complications"]
    minimum_weeks: int
    value_sets: Mapping[Role, tuple[str, ...]]
    codes: Mapping[Role, tuple[str, str]]
    procedures_count_by: Mapping[int, Literal["instant", "day"]]
    populations: tuple[str, ...]
    rate_groups: tuple[int, ...]


CESAREAN = ClinicalMeasure(
    id="CMS334",
    title="Cesarean birth among nulliparous women with a singleton at term in vertex position",
    logic="cesarean",
    minimum_weeks=37,
    value_sets={
        **_MATERNAL,
        "gestation_code": (f"{_OID}1110.68",),
        "singleton": (f"{_OID}1045.99",),
        "abnormal_presentation": (f"{_OID}1045.105",),
        "other_exclusion": (f"{_OID}1110.37", "2.16.840.1.113883.3.464.1003.110.12.1049"),
        "cesarean": ("2.16.840.1.113883.3.117.1.7.1.282",),
    },
    codes={
        **_MATERNAL_CODES,
        "pregnancies": ("loinc", "11996-6"),
        "parity": ("loinc", "11977-6"),
        "preterm_births": ("loinc", "11637-6"),
        "term_births": ("loinc", "11639-2"),
    },
    procedures_count_by={0: "instant"},
    populations=("initial_population", "denominator", "denominator_exclusion", "numerator"),
    rate_groups=(1,),
)
COMPLICATIONS = ClinicalMeasure(
    id="CMS1028",
    title="Severe obstetric complications; the second rate leaves out stays whose only complication is a transfusion",
    logic="complications",
    minimum_weeks=20,
    value_sets={
        **_MATERNAL,
        "gestation_code": (f"{_OID}1110.67",),
        "complication_diagnosis": (f"{_OID}1029.255",),
        "complication_procedure": (f"{_OID}1029.256",),
        "transfusion": (f"{_OID}1029.213",),
        "hysterectomy": (f"{_OID}1029.358",),
        "conversion_or_ventilation": (f"{_OID}1029.357", f"{_OID}1029.359", f"{_OID}1029.360"),
        "placenta_invasion": (f"{_OID}1029.388",),
        "expired": ("2.16.840.1.113883.3.117.1.7.1.309",),
        "acquired_in_stay": (f"{_OID}1029.370",),
    },
    codes=_MATERNAL_CODES,
    procedures_count_by={0: "day", 2026: "instant"},
    populations=("initial_population", "denominator", "numerator", "numerator_exclusion"),
    rate_groups=(1, 2),
)
MEASURES: Mapping[str, ClinicalMeasure] = {measure.id: measure for measure in (CESAREAN, COMPLICATIONS)}


def measure_named(name: str) -> ClinicalMeasure:
    """The measure whose id begins a name such as `CMS334FHIRPCCesareanBirth`. Raises UsageError (TRU-I105)."""
    found = next((m for m in MEASURES.values() if name.startswith(m.id) and not name[len(m.id) :][:1].isdigit()), None)
    if found is None:
        raise UsageError("TRU-I105", f"there is no clinical measure {name}.", next_step=f"There are {', '.join(MEASURES)}.")
    return found


def measure_row(measure: ClinicalMeasure, start: date, end: date) -> dict[str, object]:
    """The row of `clinical_measures`: a measure's parameters for stays that end from `start` through `end`."""
    by = measure.procedures_count_by[max(year for year in measure.procedures_count_by if year <= end.year)]
    return {
        "measure": measure.id,
        "logic": measure.logic,
        "start_date": start,
        "end_date": end,
        "first_age": FIRST_AGE,
        "age_limit": AGE_LIMIT,
        "join_ms": HOUR_MS,
        "estimate_ms": DAY_MS,
        "pregnancy_ms": PREGNANCY_DAYS * DAY_MS,
        "term_days": TERM_DAYS,
        "minimum_days": measure.minimum_weeks * WEEK_DAYS,
        "counts_by_day": by == "day",
    }


def role_rows(measure: ClinicalMeasure) -> list[dict[str, object]]:
    """The rows of `clinical_roles`: a value set, or a code, and the part it plays."""
    rows: list[dict[str, object]] = []
    for role, oids in measure.value_sets.items():
        for oid in oids:
            rows.append({"measure": measure.id, "role": role, "value_set": oid})
    for role, (system, code) in measure.codes.items():
        rows.append({"measure": measure.id, "role": role, "code_system": system, "code": code})
    return rows
