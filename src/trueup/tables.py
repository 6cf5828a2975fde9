"""Table contracts: what each table is, one row of it, its key and its columns.

Money columns end `_cents` (BIGINT). In case files and CSV exports they appear as dollars, under the name with `_cents` replaced by
nothing (`total_cost_cents` -> `total_cost`); `display_name` gives that name.
Column types are DuckDB types; only VARCHAR, INTEGER, BIGINT, DATE, BOOLEAN and DECIMAL(p,s) are allowed, never DOUBLE or HUGEINT.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT, INT, BIG, DAY, FLAG = "VARCHAR", "INTEGER", "BIGINT", "DATE", "BOOLEAN"


@dataclass(frozen=True)
class Table:
    """A table's contract. `key` columns identify a row; `enums` lists the allowed words of a text column."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, str]
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def display_name(column: str) -> str:
    """The name under which people see a column: cents become dollars under the name without the suffix."""
    return column[: -len("_cents")] if column.endswith("_cents") else column


def _cols(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)


RECORD_TYPES = ("original", "void", "replacement", "credit", "debit")
CLAIM_STATUSES = ("paid", "denied", "reversed", "pended")
CLAIM_TYPES = ("professional", "institutional", "pharmacy", "dental", "vision", "undetermined")
OUTCOMES = ("live_birth", "stillbirth", "loss")
DISPOSITIONS = ("used", "excluded", "superseded", "quarantined")

_PROVENANCE = {"batch_id": TEXT, "source_file": TEXT, "source_row": BIG}

# --- canonical tables, written by intake (one Parquet file each in a batch folder) --------------------------------------------------
CANONICAL: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "claim_lines",
            "one line of one version of a claim, medical or pharmacy",
            ("batch_id", "source_table", "source_file", "source_row"),
            {
                **_PROVENANCE,
                "source_table": TEXT,
                "version_id": TEXT,
                "claim_id": TEXT,
                "claim_line_number": INT,
                "version_seq": INT,
                "record_type": TEXT,
                "replaces_claim_id": TEXT,
                "claim_status": TEXT,
                "claim_type": TEXT,
                "member_id": TEXT,
                **_cols(DAY, "claim_start_date", "claim_end_date", "line_start_date", "line_end_date", "admission_date", "discharge_date"),
                **_cols(
                    TEXT,
                    "discharge_disposition_code",
                    "place_of_service_code",
                    "bill_type_code",
                    "drg_code_type",
                    "drg_code",
                    "revenue_center_code",
                    "hcpcs_code",
                    "hcpcs_modifiers",
                    "ndc_code",
                ),
                "service_unit_quantity": "DECIMAL(18,3)",
                **_cols(TEXT, "rendering_npi", "rendering_tin", "billing_npi", "billing_tin", "facility_npi"),
                **_cols(DAY, "paid_date", "received_date", "adjudication_date", "known_date"),
                **_cols(BIG, "paid_cents", "allowed_cents", "charge_cents", "tpl_cents", "medicare_paid_cents"),
                "has_version_columns": FLAG,
                "row_hash": TEXT,
            },
            {"record_type": RECORD_TYPES, "claim_status": CLAIM_STATUSES, "claim_type": CLAIM_TYPES},
        ),
        Table(
            "claim_diagnoses",
            "one diagnosis position of one claim version",
            ("version_id", "position", "code"),
            {
                "batch_id": TEXT,
                "version_id": TEXT,
                "claim_id": TEXT,
                "member_id": TEXT,
                "position": INT,
                "code": TEXT,
                "code_system": TEXT,
                "present_on_admission": TEXT,
                "known_date": DAY,
            },
        ),
        Table(
            "claim_procedures",
            "one ICD procedure position of one claim version",
            ("version_id", "position", "code"),
            {
                "batch_id": TEXT,
                "version_id": TEXT,
                "claim_id": TEXT,
                "member_id": TEXT,
                "position": INT,
                "code": TEXT,
                "code_system": TEXT,
                "procedure_date": DAY,
                "known_date": DAY,
            },
        ),
        Table(
            "eligibility",
            "one enrollment span of a member, as one version",
            ("batch_id", "source_file", "source_row"),
            {
                **_PROVENANCE,
                "row_id": TEXT,
                "record_type": TEXT,
                "replaces_row_id": TEXT,
                "known_date": DAY,
                "member_id": TEXT,
                "person_id": TEXT,
                "gender": TEXT,
                "race": TEXT,
                "ethnicity": TEXT,
                "birth_date": DAY,
                "death_date": DAY,
                "enrollment_start_date": DAY,
                "enrollment_end_date": DAY,
                "dual_status_code": TEXT,
                "eligibility_group": TEXT,
                "payer": TEXT,
                "plan": TEXT,
                "zip_code": TEXT,
            },
        ),
        Table(
            "provider",
            "one provider identity for a span of time, as one version",
            ("batch_id", "source_file", "source_row"),
            {
                **_PROVENANCE,
                "row_id": TEXT,
                "record_type": TEXT,
                "replaces_row_id": TEXT,
                "known_date": DAY,
                "npi": TEXT,
                "tin": TEXT,
                "entity_id": TEXT,
                "name": TEXT,
                "provider_type": TEXT,
                "taxonomy": TEXT,
                "effective_from": DAY,
                "effective_to": DAY,
            },
        ),
        Table(
            "entity_crosswalk",
            "the entity a tax ID belongs to for a span of time",
            ("tin", "effective_from"),
            {**_PROVENANCE, "known_date": DAY, "tin": TEXT, "entity_id": TEXT, "effective_from": DAY, "effective_to": DAY},
        ),
        Table(
            "participation",
            "one stay of an entity in a program",
            ("program", "entity_id", "joined_on"),
            {
                **_PROVENANCE,
                "row_id": TEXT,
                "record_type": TEXT,
                "replaces_row_id": TEXT,
                "known_date": DAY,
                "program": TEXT,
                "entity_id": TEXT,
                "election": TEXT,
                "joined_on": DAY,
                "left_on": DAY,
                "successor_entity_id": TEXT,
            },
        ),
        Table(
            "gate_results",
            "the outcome of one gate for an entity and period, as known on a day",
            ("program", "entity_id", "period", "gate", "known_date"),
            {
                **_PROVENANCE,
                "known_date": DAY,
                "program": TEXT,
                "entity_id": TEXT,
                "period": TEXT,
                "gate": TEXT,
                "passed": FLAG,
                "score": "DECIMAL(9,6)",
                "multiplier": "DECIMAL(9,6)",
            },
        ),
        Table(
            "payments_made",
            "one prospective payment that another system made, or that the ledger exported",
            ("program", "payment_id"),
            {
                **_PROVENANCE,
                "known_date": DAY,
                "program": TEXT,
                "payment_id": TEXT,
                "entity_id": TEXT,
                "member_id": TEXT,
                "period_start_date": DAY,
                "purpose": TEXT,
                "amount_cents": BIG,
            },
        ),
        Table(
            "risk_scores",
            "the normalized risk score of an episode's member and delivery, as known on a day",
            ("program", "member_id", "delivery_date", "known_date"),
            {**_PROVENANCE, "known_date": DAY, "program": TEXT, "member_id": TEXT, "delivery_date": DAY, "risk_score": "DECIMAL(9,6)"},
        ),
        Table(
            "quarantined_rows",
            "one input row that could not be trusted",
            ("batch_id", "table_name", "source_file", "source_row"),
            {
                **_PROVENANCE,
                "table_name": TEXT,
                "reason_code": TEXT,
                "detail": TEXT,
                "amount_cents": BIG,
                "raw_amount": TEXT,
                "claim_id": TEXT,
                "version_seq": INT,
                "replaces_claim_id": TEXT,
                "record_type": TEXT,
                "member_id": TEXT,
                "known_date": DAY,
            },
        ),
        Table(
            "findings",
            "one kind of warning or normalization in one file, counted",
            ("batch_id", "table_name", "source_file", "code", "column_name"),
            {
                "batch_id": TEXT,
                "table_name": TEXT,
                "source_file": TEXT,
                "code": TEXT,
                "column_name": TEXT,
                "rows": BIG,
                "first_row": BIG,
                "message": TEXT,
            },
        ),
    )
}

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}

# --- output tables of a run -----------------------------------------------------------------------------------------------------------
OUTPUT: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "quarantine",
            "one input row that could not be trusted, at intake or in final action",
            ("table_name", "source_file", "source_row"),
            {
                **_RUN,
                "source_file": TEXT,
                "source_row": BIG,
                "table_name": TEXT,
                "reason_code": TEXT,
                "amount_cents": BIG,
                "raw_amount": TEXT,
            },
        ),
        Table(
            "line_accounting",
            "rows and dollars of one table and batch by what became of them",
            ("table_name", "batch", "disposition", "reason"),
            {**_RUN, "table_name": TEXT, "batch": TEXT, "disposition": TEXT, "reason": TEXT, "rows": BIG, "amount_cents": BIG},
            {"disposition": DISPOSITIONS},
        ),
        Table(
            "episodes",
            "one birth event that the program counts as an episode",
            ("episode_id",),
            {
                **_RUN,
                "episode_id": TEXT,
                "member_id": TEXT,
                "delivery_date": DAY,
                "delivery_date_source": TEXT,
                "pregnancy_start_date": DAY,
                "gestation_weeks": INT,
                "outcome": TEXT,
                "mode": TEXT,
                "fetus_count": INT,
                "stay_start_date": DAY,
                "stay_end_date": DAY,
                "window_start_date": DAY,
                "window_end_date": DAY,
                "episode_start_date": DAY,
                "episode_end_date": DAY,
                "period": TEXT,
                "attributed_entity_id": TEXT,
                "accountable_entity_id": TEXT,
                "attribution_rule": TEXT,
                "cohort": TEXT,
                "cohort_flag_date": DAY,
                "exclusion_reasons": TEXT,
                "total_cost_cents": BIG,
                "case_rate_cost_cents": BIG,
                "ffs_cost_cents": BIG,
                "shadow_cost_cents": BIG,
                "risk_score": "DECIMAL(9,6)",
                "target_amount_cents": BIG,
                "claim_line_count": BIG,
                "held_line_count": BIG,
                "held_cents": BIG,
                "took_part": FLAG,
                "replaces_episode_id": TEXT,
            },
            {
                "delivery_date_source": ("procedure", "professional_line", "day_before_discharge", "claim_date"),
                "outcome": OUTCOMES,
                "mode": ("vaginal", "cesarean"),
            },
        ),
        Table(
            "episode_lines",
            "one final claim line inside an episode's nominal window",
            ("episode_id", "claim_id", "version_seq", "claim_line_number"),
            {
                **_RUN,
                "episode_id": TEXT,
                "claim_id": TEXT,
                "version_seq": INT,
                "claim_line_number": INT,
                "line_start_date": DAY,
                "entity_id": TEXT,
                "included": FLAG,
                "reason": TEXT,
                "category": TEXT,
                "cost_cents": BIG,
            },
        ),
        Table(
            "attribution_months",
            "one month in which an entity holds, or hands over, a member",
            ("episode_id", "month", "entity_id"),
            {**_RUN, "episode_id": TEXT, "member_id": TEXT, "month": TEXT, "entity_id": TEXT, "status": TEXT, "rule": TEXT},
            {
                "status": ("attributed", "handover"),
                "rule": ("trigger", "carried_forward", "moved_quiet", "moved_delivery", "handover_month"),
            },
        ),
        Table(
            "attribution_candidates",
            "one entity that could have been attributed an episode",
            ("episode_id", "entity_id"),
            {
                **_RUN,
                "episode_id": TEXT,
                "entity_id": TEXT,
                "candidate_rank": INT,
                "months": BIG,
                "delivery_amount_cents": BIG,
                "first_date": DAY,
                "won": FLAG,
                "deciding_rule": TEXT,
            },
        ),
        Table(
            "entity_gates",
            "whether an entity can be accountable, and why not",
            ("entity_id", "period"),
            {
                **_RUN,
                "entity_id": TEXT,
                "period": TEXT,
                "provider_type": TEXT,
                "delivery_count": BIG,
                "counted_in": TEXT,
                "accountable": FLAG,
                "reason": TEXT,
            },
        ),
        Table(
            "exclusion_facts",
            "one fact of an episode that an exclusion rule may compare",
            ("episode_id", "fact"),
            {**_RUN, "episode_id": TEXT, "fact": TEXT, "fact_value": BIG},
        ),
        Table(
            "attrition",
            "episodes and dollars left after each exclusion rule, in rule order",
            ("period", "position"),
            {
                **_RUN,
                "period": TEXT,
                "position": INT,
                "reason": TEXT,
                "episodes_removed": BIG,
                "removed_amount_cents": BIG,
                "episodes_left": BIG,
                "left_amount_cents": BIG,
            },
        ),
        Table(
            "prices",
            "one price of an entity and cohort, for a span of time",
            ("entity_id", "price", "cohort", "effective_from"),
            {
                "entity_id": TEXT,
                "price": TEXT,
                "cohort": TEXT,
                "effective_from": DAY,
                "effective_to": DAY,
                "amount_cents": BIG,
                "status": TEXT,
            },
            {
                "price": ("case_rate", "target_price", "acceptable_threshold", "commendable_threshold", "benchmark_pmpm"),
                "status": ("draft", "challenged", "final"),
            },
        ),
        Table(
            "price_steps",
            "one step of how a price was built",
            ("entity_id", "price", "cohort", "step"),
            {"entity_id": TEXT, "price": TEXT, "cohort": TEXT, "step": INT, "name": TEXT, "amount": TEXT, "unit": TEXT, "cite": TEXT},
        ),
        Table(
            "outlier_lines",
            "the frozen cost line of a scope",
            ("scope", "tail"),
            {"scope": TEXT, "tail": TEXT, "base_cents": BIG, "trend_factor": "DECIMAL(9,6)", "amount_cents": BIG, "episodes": BIG},
            {"tail": ("high", "low")},
        ),
        Table(
            "settlements",
            "one settlement of an entity, period and cohort; what is payable is the sum over cohorts",
            ("entity_id", "period", "cohort"),
            {
                **_RUN,
                "entity_id": TEXT,
                "period": TEXT,
                "cohort": TEXT,
                "unit_count": BIG,
                "actual_amount_cents": BIG,
                "expected_amount_cents": BIG,
                "amount_cents": BIG,
                "status": TEXT,
                "reason": TEXT,
            },
            {"status": ("payable", "owed", "netted", "zero", "held")},
        ),
        Table(
            "settlement_steps",
            "one step of a settlement's ladder; amounts are text so that rates and counts keep their form",
            ("entity_id", "period", "cohort", "step"),
            {
                **_RUN,
                "entity_id": TEXT,
                "period": TEXT,
                "cohort": TEXT,
                "step": INT,
                "name": TEXT,
                "amount": TEXT,
                "unit": TEXT,
                "cite": TEXT,
            },
            {"unit": ("dollars", "rate", "count", "text", "date")},
        ),
        Table(
            "refusals",
            "one entity and cohort that was not settled, and why",
            ("entity_id", "period", "cohort", "code"),
            {**_RUN, "entity_id": TEXT, "period": TEXT, "cohort": TEXT, "code": TEXT, "message": TEXT},
        ),
    )
}
