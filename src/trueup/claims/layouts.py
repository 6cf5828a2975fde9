"""Accepted input tables: which columns they have, what kind of value each holds, and how a header is recognized.

Column names follow the open Tuva input layer, plus extension columns for claim versions, status, other payers and provider attributes.
A table is recognized by its header, never by its file's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "key", "id", "payee_npi", "npi", "payee_tin", "tin", "day", "money", "integer", "number", "flag", "word", "code", "icd", "text"
]  # fmt: skip

# Kinds whose values a spreadsheet damages in recognizable ways: scientific notation, a trailing `.0`.
ID_KINDS: tuple[Kind, ...] = ("key", "id", "payee_npi", "npi", "payee_tin", "tin")
# Kinds of which a table has nearly as many values as rows.
LONG_KINDS: tuple[Kind, ...] = ("key", "id")
# Kinds whose values repeat.
CODED_KINDS: tuple[Kind, ...] = ("npi", "payee_npi", "tin", "payee_tin", "word", "code", "icd")
SUFFIX_KINDS: tuple[Kind, ...] = (*ID_KINDS, "code", "integer")
POSITIONS = 25


@dataclass(frozen=True)
class Field:
    """One accepted input column. `canonical` names the macro that puts a code into its one spelling, where there is one."""

    name: str
    kind: Kind
    canonical: str = ""


@dataclass(frozen=True)
class Layout:
    """One input table.

    `required` columns must be in the header; `marks` tell that a header was meant to be this table although a required column is missing;
    `forbidden` columns say that it is some other table; `ignored` columns belong to the layout but nothing here uses them.
    """

    name: str
    fields: tuple[Field, ...]
    required: tuple[str, ...]
    marks: tuple[str, ...]
    forbidden: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields)

    def of_kind(self, *kinds: Kind) -> Iterator[Field]:
        return (f for f in self.fields if f.kind in kinds)


def _fields(kind: Kind, *names: str) -> tuple[Field, ...]:
    return tuple(Field(n, kind) for n in names)


def numbered(stem: str) -> tuple[str, ...]:
    return tuple(f"{stem}_{i}" for i in range(1, POSITIONS + 1))


# A medical or pharmacy table without any of these cannot tell versions apart: "final action, versions lost".
VERSION_COLUMNS = ("version_seq", "record_type", "replaces_claim_id", "claim_status", "claim_family_id")

_VERSION = (
    Field("claim_family_id", "id"),
    Field("version_seq", "integer"),
    Field("record_type", "word"),
    Field("replaces_claim_id", "id"),
    Field("claim_status", "word"),
)
_ROW_VERSION = (Field("row_id", "id"), Field("record_type", "word"), Field("replaces_row_id", "id"), Field("received_date", "day"))
_CLAIM_MONEY = _fields("money", "paid_amount", "allowed_amount", "charge_amount", "tpl_amount", "medicare_paid_amount")
_CLAIM_CLOCKS = _fields("day", "paid_date", "received_date", "adjudication_date")
_FILE_NOTES = ("data_source", "file_name", "file_date", "ingest_datetime", "system_from", "system_to", "row_hash")
_MEMBER_SHARES = ("coinsurance_amount", "copayment_amount", "deductible_amount", "total_cost_amount", "in_network_flag")

MEDICAL = Layout(
    "medical_claim",
    (
        Field("claim_id", "key"),
        Field("claim_line_number", "integer"),
        Field("claim_type", "word"),
        Field("member_id", "key"),
        *_VERSION,
        *_fields("day", "claim_start_date", "claim_end_date", "claim_line_start_date", "claim_line_end_date"),
        *_fields("day", "admission_date", "discharge_date"),
        Field("discharge_disposition_code", "code", "two_digits"),
        Field("place_of_service_code", "code", "two_digits"),
        Field("bill_type_code", "code", "bill_type"),
        Field("drg_code_type", "word"),
        Field("drg_code", "code", "drg"),
        Field("revenue_center_code", "code", "revenue"),
        Field("service_unit_quantity", "number"),
        Field("hcpcs_code", "code"),
        *_fields("code", "hcpcs_modifier_1", "hcpcs_modifier_2", "hcpcs_modifier_3", "hcpcs_modifier_4", "hcpcs_modifier_5"),
        Field("ndc_code", "code", "ndc"),
        Field("rendering_npi", "npi"),
        Field("rendering_tin", "tin"),
        Field("billing_npi", "payee_npi"),
        Field("billing_tin", "payee_tin"),
        Field("facility_npi", "npi"),
        *_CLAIM_CLOCKS,
        *_CLAIM_MONEY,
        Field("delivery_system", "word"),
        Field("diagnosis_code_type", "word"),
        *_fields("icd", *numbered("diagnosis_code")),
        *_fields("code", *numbered("diagnosis_poa")),
        Field("procedure_code_type", "word"),
        *_fields("icd", *numbered("procedure_code")),
        *_fields("day", *numbered("procedure_date")),
    ),
    required=("claim_id", "claim_line_number", "claim_type", "member_id", "claim_start_date", "paid_amount"),
    marks=("claim_id", "claim_type"),
    ignored=(
        "person_id", "payer", "plan", "admit_source_code", "admit_type_code", "rendering_taxonomy", "billing_taxonomy", "eligibility_group",
        "drg_version", "diagnosis_pointers", *_MEMBER_SHARES, *_FILE_NOTES,
    ),
)  # fmt: skip

PHARMACY = Layout(
    "pharmacy_claim",
    (
        Field("claim_id", "key"),
        Field("claim_line_number", "integer"),
        Field("member_id", "key"),
        *_VERSION,
        Field("prescribing_provider_npi", "npi"),
        Field("dispensing_provider_npi", "payee_npi"),
        Field("billing_tin", "payee_tin"),
        Field("dispensing_date", "day"),
        Field("ndc_code", "code", "ndc"),
        Field("quantity", "number"),
        *_CLAIM_CLOCKS,
        *_CLAIM_MONEY,
        Field("delivery_system", "word"),
    ),
    required=("claim_id", "claim_line_number", "member_id", "dispensing_date", "ndc_code", "paid_amount"),
    marks=("claim_id", "dispensing_date"),
    ignored=("person_id", "payer", "plan", "days_supply", "refills", "eligibility_group", *_MEMBER_SHARES, *_FILE_NOTES),
)

ELIGIBILITY = Layout(
    "eligibility",
    (
        *_ROW_VERSION,
        Field("member_id", "key"),
        Field("person_id", "id"),
        Field("gender", "word"),
        *_fields("text", "race", "ethnicity"),
        *_fields("day", "birth_date", "death_date", "enrollment_start_date", "enrollment_end_date"),
        Field("dual_status_code", "code", "two_digits"),
        *_fields("text", "eligibility_group", "payer", "plan"),
        Field("zip_code", "id"),
    ),
    required=("member_id", "enrollment_start_date", "enrollment_end_date"),
    marks=("member_id", "enrollment_start_date"),
    ignored=(
        "subscriber_id", "death_flag", "payer_type", "original_reason_entitlement_code", "medicare_status_code", "enrollment_status",
        "hospice_flag", "institutional_snp_flag", "long_term_institutional_flag", "group_id", "group_name", "name_suffix", "first_name",
        "middle_name", "last_name", "social_security_number", "subscriber_relation", "address", "city", "state", "phone", "email",
        *_FILE_NOTES,
    ),
)  # fmt: skip

PROVIDER = Layout(
    "provider",
    (
        *_ROW_VERSION,
        Field("npi", "npi"),
        Field("tin", "tin"),
        Field("entity_id", "id"),
        Field("name", "text"),
        Field("provider_type", "word"),
        Field("taxonomy", "code"),
        *_fields("day", "effective_from", "effective_to"),
    ),
    required=("npi", "tin", "provider_type"),
    marks=("npi", "provider_type"),
    ignored=_FILE_NOTES,
)

CROSSWALK = Layout(
    "entity_crosswalk",
    (Field("tin", "payee_tin"), Field("entity_id", "key"), *_fields("day", "effective_from", "effective_to", "received_date")),
    required=("tin", "entity_id", "effective_from", "effective_to"),
    marks=("tin", "entity_id", "effective_from"),
    forbidden=("npi",),
    ignored=_FILE_NOTES,
)

PARTICIPATION = Layout(
    "participation",
    (
        *_ROW_VERSION,
        *_fields("key", "program", "entity_id"),
        Field("election", "word"),
        *_fields("day", "joined_on", "left_on"),
        Field("successor_entity_id", "id"),
    ),
    required=("program", "entity_id", "joined_on"),
    marks=("entity_id", "joined_on"),
    ignored=_FILE_NOTES,
)

GATES = Layout(
    "gate_results",
    (
        *_fields("key", "program", "entity_id", "period", "gate"),
        Field("passed", "flag"),
        *_fields("number", "score", "multiplier"),
        Field("received_date", "day"),
    ),
    required=("program", "entity_id", "period", "gate", "passed"),
    marks=("entity_id", "gate", "passed"),
    ignored=_FILE_NOTES,
)

PAYMENTS_MADE = Layout(
    "payments_made",
    (
        *_fields("key", "program", "payment_id"),
        Field("entity_id", "id"),
        Field("member_id", "id"),
        Field("period_start_date", "day"),
        Field("purpose", "word"),
        Field("amount", "money"),
        Field("received_date", "day"),
    ),
    required=("program", "payment_id", "member_id", "period_start_date", "purpose", "amount"),
    marks=("payment_id", "purpose"),
    ignored=_FILE_NOTES,
)

RISK_SCORES = Layout(
    "risk_scores",
    (*_fields("key", "program", "member_id"), Field("delivery_date", "day"), Field("risk_score", "number"), Field("received_date", "day")),
    required=("program", "member_id", "delivery_date", "risk_score"),
    marks=("member_id", "delivery_date", "risk_score"),
    forbidden=("episode_id",),
    ignored=_FILE_NOTES,
)

TRANSFERS = Layout(
    "member_transfers",
    (*_ROW_VERSION, *_fields("key", "program", "member_id", "entity_id"), Field("transfer_date", "day")),
    required=("program", "member_id", "entity_id", "transfer_date"),
    marks=("member_id", "transfer_date"),
    ignored=_FILE_NOTES,
)

AREA_INDEX = Layout(
    "area_index",
    (Field("zip_code", "key"), *_fields("day", "effective_from", "effective_to", "received_date"), Field("band", "integer")),
    required=("zip_code", "effective_from", "band"),
    marks=("zip_code", "band"),
    forbidden=("member_id",),
    ignored=_FILE_NOTES,
)

SUBMISSIONS = Layout(
    "measure_submissions",
    (
        *_fields("key", "program", "entity_id", "period", "measure_id", "submission_id"),
        Field("record_type", "word"),
        *_fields("integer", "numerator", "denominator", "expected_denominator"),
        Field("value", "number"),
        *_fields("text", "stratum", "attested_by"),
        Field("received_date", "day"),
    ),
    required=("program", "entity_id", "period", "measure_id", "submission_id"),
    marks=("measure_id", "submission_id"),
    ignored=_FILE_NOTES,
)

CONTRACTS = Layout(
    "contracts",
    (
        *_fields("key", "program", "contract_id", "payer", "entity_id", "terms_id"),
        Field("track", "word"),
        *_fields("day", "effective_from", "effective_to", "decided_on", "received_date"),
        *_fields("text", "decided_by", "evidence"),
        Field("panel_size", "integer"),
    ),
    required=("program", "contract_id", "payer", "entity_id", "terms_id", "track", "effective_from"),
    marks=("contract_id", "terms_id"),
    ignored=_FILE_NOTES,
)

REVIEWS = Layout(
    "reviews",
    (
        *_fields("key", "program", "entity_id", "period", "flag_id"),
        Field("outcome", "word"),
        *_fields("text", "reviewer", "evidence"),
        *_fields("day", "decided_on", "received_date"),
    ),
    required=("program", "entity_id", "period", "flag_id", "outcome"),
    marks=("flag_id", "outcome"),
    ignored=_FILE_NOTES,
)

HOSPITAL_STATUS = Layout(
    "hospital_status",
    (
        *_fields("key", "program", "facility_id"),
        *_fields("word", "hospital_class", "peer_group", "election"),
        *_fields("day", "effective_from", "effective_to", "received_date"),
    ),
    required=("program", "facility_id", "hospital_class", "election", "effective_from"),
    marks=("facility_id", "hospital_class"),
    ignored=_FILE_NOTES,
)

MEMBER_SCORES = Layout(
    "member_scores",
    (*_fields("key", "program", "member_id", "period"), Field("risk_score", "number"), Field("received_date", "day")),
    required=("program", "member_id", "period", "risk_score"),
    marks=("member_id", "period", "risk_score"),
    forbidden=("delivery_date",),
    ignored=_FILE_NOTES,
)

ENTITY_RESULTS = Layout(
    "entity_results",
    (
        *_fields("key", "program", "entity_id", "period"),
        Field("track", "text"),
        *_fields("integer", "assigned_members", "agreement_year"),
        *_fields("number", "person_years", "minimum_savings_rate", "quality_score", "sharing_rate", "loss_rate", "sequestration_rate"),
        *_fields("money", "benchmark", "expenditure", "loss_limit", "participant_revenue", "disaster_adjustment"),
        *_fields("flag", "met_quality_standard", "met_alternative_standard", "low_revenue", "guardrail"),
        *_fields("day", "agreement_start_date", "received_date"),
    ),
    required=("entity_id", "period", "track", "assigned_members", "benchmark", "expenditure"),
    marks=("entity_id", "benchmark", "expenditure"),
    ignored=("entity_name", *_FILE_NOTES),
)

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        MEDICAL, PHARMACY, ELIGIBILITY, PROVIDER, CROSSWALK, PARTICIPATION, GATES, PAYMENTS_MADE, RISK_SCORES, TRANSFERS, AREA_INDEX,
        SUBMISSIONS, CONTRACTS, REVIEWS, HOSPITAL_STATUS, MEMBER_SCORES, ENTITY_RESULTS,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Recognition:
    """What a header is: a layout, or the layout it was meant to be and the columns it lacks, or neither."""

    layout: Layout | None
    nearest: Layout | None = None
    missing: tuple[str, ...] = ()


def column_name(text: str) -> str:
    """A header cell as a column name: trimmed, lower case, inner blanks as underscores."""
    return "_".join(text.strip().strip("\u00a0\ufeff").lower().split())


def recognize(columns: Iterable[str]) -> Recognition:
    """The layout whose required columns are all present, the one with most columns in common where several are."""
    have = set(columns)
    allowed = [lay for lay in LAYOUTS.values() if not have.intersection(lay.forbidden)]
    whole = [lay for lay in allowed if have.issuperset(lay.required)]
    if whole:
        return Recognition(max(whole, key=lambda lay: len(lay.names & have)))
    near = [lay for lay in allowed if have.issuperset(lay.marks) and len(lay.names & have) >= len(lay.required)]
    if near:
        best = max(near, key=lambda lay: len(lay.names & have))
        return Recognition(None, best, tuple(c for c in best.required if c not in have))
    return Recognition(None)
