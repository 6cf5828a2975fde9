"""The clinical measures: delivery stays, their gestational age, and the populations each stay is counted in.

Reads: the `clinical_*` tables of people, encounters, diagnoses, procedures, observations and codes; `value_set_codes`; `clinical_measures`,
    `clinical_roles` and `gestation_units`, which `run` registers.
Writes: `clinical_gestations`, `clinical_populations`, `clinical_population_counts`, and the facts each judgment rests on.
Grain: One inpatient stay with a delivery, for each measure.
Units: instants in milliseconds, gestation in days.
Invariants: A stay is in the denominator only if it is in the initial population; in the numerator only if it is in the denominator and not
    excluded; in the numerator exclusion only if it is in the numerator.
Source: the public specifications of CMS334 and CMS1028, in our own words; see docs/how-to/read-fhir.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from trueup.engine import Engine, steps_of
from trueup.errors import Refused
from trueup.quality.clinical.measures import UNIT_DAYS, ClinicalMeasure, measure_row, role_rows
from trueup.tables.clinical import CLINICAL

STEPS = steps_of(__file__)
RESULT = "clinical_population_counts"

_MEASURES = {
    "measure": "VARCHAR",
    "logic": "VARCHAR",
    "start_date": "DATE",
    "end_date": "DATE",
    "first_age": "INTEGER",
    "age_limit": "INTEGER",
    "join_ms": "BIGINT",
    "estimate_ms": "BIGINT",
    "pregnancy_ms": "BIGINT",
    "term_days": "INTEGER",
    "minimum_days": "INTEGER",
    "counts_by_day": "BOOLEAN",
}
_ROLES = {"measure": "VARCHAR", "role": "VARCHAR", "value_set": "VARCHAR", "code_system": "VARCHAR", "code": "VARCHAR"}
_UNITS = {"unit": "VARCHAR", "days": "INTEGER"}


def register(engine: Engine, tables: Mapping[str, list[dict[str, object]]], value_sets: list[dict[str, object]]) -> None:
    """Make the clinical tables and the value sets readable for the steps. A table that is not given is empty."""
    for name, table in CLINICAL.items():
        engine.register_rows(name, value_sets if name == "value_set_codes" else tables.get(name, []), table.columns)


def run(engine: Engine, measures: Sequence[ClinicalMeasure], start: date, end: date) -> None:
    """Run every step once, for all people and measures together; stays that end from `start` through `end` are measured.

    Raises Refused (TRU-I103) where a measure's value set has no code: nothing is counted by an incomplete list.
    """
    given = {str(row["value_set"]) for row in engine.rows("value_set_codes")}
    for measure in measures:
        missing = missing_value_sets(measure, given)
        if missing:
            raise Refused(
                "TRU-I103",
                f"{measure.id} needs value sets that were not given: {', '.join(missing)}.",
                next_step="Add them to the value-set file; trueup ships none.",
            )
    engine.register_rows("clinical_measures", [measure_row(measure, start, end) for measure in measures], _MEASURES)
    engine.register_rows("clinical_roles", [row for measure in measures for row in role_rows(measure)], _ROLES)
    engine.register_rows("gestation_units", [{"unit": unit, "days": days} for unit, days in UNIT_DAYS.items()], _UNITS)
    for step in STEPS:
        engine.run(step)


def missing_value_sets(measure: ClinicalMeasure, given: Iterable[str]) -> list[str]:
    """The value sets that a measure needs and that have no code, each with the part it plays."""
    known = set(given)
    return [f"{oid} ({role})" for role, oids in measure.value_sets.items() for oid in oids if oid not in known]
