"""Clinical tables: what the FHIR reader makes of a hospital's resources, and what the clinical measures find in them.

A time of day is an instant, `*_ms`: milliseconds since 1970-01-01T00:00Z. Beside it stands `*_date`: the day on the clock it was written
by. A time that was written as a day alone has the day and no instant.
Units: `value_number` in `value_unit`; gestation in days. There is no money here.
"""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, INT, TEXT, Table

NUMBER = "DECIMAL(18,6)"
VALUE_TYPES = ("integer", "quantity", "time", "code", "text")
POPULATIONS = ("initial_population", "denominator", "denominator_exclusion", "numerator", "numerator_exclusion")
GESTATION_SOURCES = ("calculated", "estimated", "coded", "unknown")

_STAY = {"measure": TEXT, "member_id": TEXT, "encounter_id": TEXT}
_SPAN = {"start_ms": BIG, "end_ms": BIG, "start_date": DAY, "end_date": DAY}

# --- what is read from FHIR resources ----------------------------------------------------------------------------------------------
CLINICAL: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "clinical_people",
            "one person (FHIR Patient)",
            ("member_id",),
            {"member_id": TEXT, "birth_date": DAY, "death_date": DAY, "gender": TEXT},
        ),
        Table(
            "clinical_coverages",
            "one coverage of a person",
            ("member_id", "coverage_id"),
            {"member_id": TEXT, "coverage_id": TEXT, "status": TEXT, "payer": TEXT, "start_date": DAY, "end_date": DAY},
        ),
        Table(
            "clinical_encounters",
            "one encounter",
            ("member_id", "encounter_id"),
            {"member_id": TEXT, "encounter_id": TEXT, "status": TEXT, "class_code": TEXT, **_SPAN},
        ),
        Table(
            "clinical_locations",
            "one location of an encounter, for a time",
            ("member_id", "encounter_id", "position"),
            {"member_id": TEXT, "encounter_id": TEXT, "position": INT, "location_id": TEXT, "status": TEXT, **_SPAN},
        ),
        Table(
            "clinical_diagnoses",
            "one diagnosis of an encounter, as the encounter names it",
            ("member_id", "encounter_id", "position"),
            {
                "member_id": TEXT,
                "encounter_id": TEXT,
                "position": INT,
                "condition_id": TEXT,
                "rank": INT,
                "is_principal": FLAG,
                "present_on_admission": TEXT,
                "is_resolved": FLAG,
            },
        ),
        Table(
            "clinical_conditions",
            "one condition of a person",
            ("member_id", "condition_id"),
            {
                "member_id": TEXT,
                "condition_id": TEXT,
                "clinical_status": TEXT,
                "verification_status": TEXT,
                "onset_date": DAY,
                "recorded_date": DAY,
            },
        ),
        Table(
            "clinical_procedures",
            "one procedure",
            ("member_id", "procedure_id"),
            {"member_id": TEXT, "procedure_id": TEXT, "status": TEXT, **_SPAN},
        ),
        Table(
            "clinical_observations",
            "one value: of an observation (position 0) or of one of its components (1 and up)",
            ("member_id", "observation_id", "position"),
            {
                "member_id": TEXT,
                "observation_id": TEXT,
                "position": INT,
                "status": TEXT,
                **_SPAN,
                "issued_ms": BIG,
                "value_type": TEXT,
                "value_number": NUMBER,
                "value_unit": TEXT,
                "value_ms": BIG,
                "value_date": DAY,
                "value_text": TEXT,
            },
            {"value_type": VALUE_TYPES},
        ),
        Table(
            "clinical_medications",
            "one medication given, asked for or handed out",
            ("member_id", "resource_type", "medication_id"),
            {"member_id": TEXT, "resource_type": TEXT, "medication_id": TEXT, "status": TEXT, **_SPAN},
        ),
        Table(
            "clinical_codes",
            "one code of one element of a resource",
            ("member_id", "resource_type", "resource_id", "element", "position", "code_system", "code"),
            {
                "member_id": TEXT,
                "resource_type": TEXT,
                "resource_id": TEXT,
                "element": TEXT,
                "position": INT,
                "code_system": TEXT,
                "code": TEXT,
            },
        ),
        Table(
            "clinical_gaps",
            "one reference that names no resource of the same person",
            ("member_id", "resource_type", "resource_id", "element", "position"),
            {
                "member_id": TEXT,
                "resource_type": TEXT,
                "resource_id": TEXT,
                "element": TEXT,
                "position": INT,
                "reference": TEXT,
                "is_mended": FLAG,
            },
        ),
        Table(
            "clinical_quarantine",
            "one resource that could not be trusted",
            ("source_file", "source_row", "resource_type", "reason_code"),
            {"source_file": TEXT, "source_row": BIG, "resource_type": TEXT, "reason_code": TEXT, "detail": TEXT},
        ),
        Table(
            "clinical_findings",
            "one kind of warning about one element in one file, counted",
            ("source_file", "code", "resource_type", "element"),
            {
                "source_file": TEXT,
                "code": TEXT,
                "resource_type": TEXT,
                "element": TEXT,
                "rows": BIG,
                "first_row": BIG,
                "message": TEXT,
            },
        ),
        Table(
            "value_set_codes",
            "one code of a value set that the user supplies",
            ("value_set", "code_system", "code"),
            {"value_set": TEXT, "name": TEXT, "version": TEXT, "code_system": TEXT, "code": TEXT},
        ),
    )
}

# --- what the clinical measures find -----------------------------------------------------------------------------------------------
CLINICAL_RESULTS: tuple[Table, ...] = (
    Table(
        "clinical_gestations",
        "one delivery stay of a clinical measure, with its delivery and its gestational age",
        ("measure", "member_id", "encounter_id"),
        {
            **_STAY,
            "delivered_ms": BIG,
            "delivered_date": DAY,
            "gestation_source": TEXT,
            "gestation_days": NUMBER,
            "is_long_enough": FLAG,
        },
        {"gestation_source": GESTATION_SOURCES},
    ),
    Table(
        "clinical_populations",
        "one delivery stay in one population of one rate of a clinical measure",
        ("measure", "rate_group", "member_id", "encounter_id", "population"),
        {"measure": TEXT, "rate_group": INT, "member_id": TEXT, "encounter_id": TEXT, "population": TEXT, "is_counted": FLAG},
        {"population": POPULATIONS},
    ),
    Table(
        "clinical_population_counts",
        "one population of one rate of a clinical measure, for one person",
        ("measure", "rate_group", "member_id", "population"),
        {"measure": TEXT, "rate_group": INT, "member_id": TEXT, "population": TEXT, "stays": BIG},
        {"population": POPULATIONS},
    ),
)
