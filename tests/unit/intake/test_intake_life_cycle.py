"""Versions, members and owners: what one row alone cannot show, and what intake carries through for final action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from trueup.claims.reasons import FileRejected

from .conftest import BARE_LINE

Row = dict[str, str]
LINE: Row = {
    **BARE_LINE,
    "version_seq": "1",
    "record_type": "original",
    "replaces_claim_id": "",
    "claim_status": "paid",
    "billing_npi": "1234567893",
    "billing_tin": "061234567",
    "diagnosis_code_1": "",
}
MEMBER: Row = {
    "row_id": "R1",
    "record_type": "original",
    "replaces_row_id": "",
    "member_id": "M1",
    "person_id": "P1",
    "gender": "female",
    "birth_date": "1995-05-05",
    "death_date": "",
    "enrollment_start_date": "2024-01-01",
    "enrollment_end_date": "",
    "received_date": "2025-02-01",
}


def medical(*changes: Row) -> list[Row]:
    return [{**LINE, **change} for change in changes]


def members(*changes: Row) -> list[Row]:
    return [{**MEMBER, "row_id": f"R{i}", **change} for i, change in enumerate(changes)]


def test_one_untrusted_line_takes_its_version_and_no_other(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=medical(
            {},
            {"claim_line_number": "2", "paid_amount": "12.345"},
            {"claim_line_number": "3"},
            {"version_seq": "2", "record_type": "replacement"},
            {"claim_id": "C2"},
        )
    )
    assert loaded.reasons == {1: "claim.line_untrusted", 2: "amt.precision", 3: "claim.line_untrusted"}
    assert [line["version_id"] for line in loaded.lines] == ["C1:2:replacement", "C2:1:original"]


def test_a_line_of_unknown_type_takes_all_of_its_version_number(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}, {"version_seq": "2"}, {"version_seq": "2", "record_type": "4"}, {"claim_id": "C2"}))
    assert loaded.reasons == {2: "claim.line_untrusted", 3: "adj.unknown_record_type"}


def test_a_line_of_unknown_version_takes_all_of_its_claim(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}, {"version_seq": "x"}, {"claim_id": "C2"}))
    assert loaded.reasons == {1: "claim.line_untrusted", 2: "claim.version_seq"}


@pytest.mark.parametrize("change", [{"member_id": "M2"}, {"claim_type": "institutional"}, {"replaces_claim_id": "C0"}])
def test_lines_that_disagree_on_their_header(load: Callable[..., Any], change: Row) -> None:
    loaded = load(medical_claim=medical({}, {"claim_line_number": "2", **change}, {"claim_id": "C2"}))
    assert loaded.reasons == {1: "claim.header_conflict", 2: "claim.header_conflict"}


def test_voids_without_version_numbers_in_a_table_without_them(load: Callable[..., Any]) -> None:
    rows = [{k: v for k, v in row.items() if k != "version_seq"} for row in medical({}, {"record_type": "void"})]
    assert [line["version_id"] for line in load(medical_claim=rows).lines] == ["C1:1:original", "C1:1:void"]


def test_denied_lines_on_a_paid_claim_are_carried(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}, {"claim_line_number": "2", "claim_status": "denied"}))
    assert [line["claim_status"] for line in loaded.lines] == ["paid", "denied"]


def test_copies_and_contradictions_are_carried_with_hashes_that_tell_them_apart(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}, {"received_date": "2025-03-01"}, {"paid_amount": "100.01"}))
    first, copy, other = loaded.lines
    assert first["row_hash"] == copy["row_hash"] != other["row_hash"]
    assert loaded.reasons == {}


def test_the_same_content_hashes_the_same_however_the_file_is_laid_out(load: Callable[..., Any]) -> None:
    wide = {**LINE, "diagnosis_code_1": "Z34.90", "diagnosis_code_25": "", "procedure_date_3": "", "ndc_code": "", "allowed_amount": ""}
    narrow = {**LINE, "diagnosis_code_1": "z3490", "billing_tin": "06-1234567", "paid_amount": "100"}
    hashes = [load(medical_claim=[row]).lines[0]["row_hash"] for row in (wide, narrow)]
    assert hashes[0] == hashes[1]


def test_versions_and_their_targets_are_carried(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=medical(
            {"claim_id": "A", "replaces_claim_id": "B", "record_type": "replacement"},
            {"claim_id": "B", "replaces_claim_id": "A", "record_type": "replacement"},
            {"claim_id": "V1", "replaces_claim_id": "X", "record_type": "void"},
            {"claim_id": "V2", "replaces_claim_id": "X", "record_type": "void"},
        )
    )
    assert [(line["version_id"], line["replaces_claim_id"]) for line in loaded.lines] == [
        ("A:1:replacement", "B"),
        ("B:1:replacement", "A"),
        ("V1:1:void", "X"),
        ("V2:1:void", "X"),
    ]


def test_a_replacement_that_names_only_its_family(load: Callable[..., Any]) -> None:
    row = {**LINE, "claim_id": "C9", "record_type": "replacement", "version_seq": "2", "claim_family_id": "C1"}
    loaded = load(medical_claim=[{**LINE, "claim_family_id": "C1"}, row])
    assert [line["replaces_claim_id"] for line in loaded.lines] == [None, "C1"]
    assert loaded.findings[("adj.family_as_target", "claim_family_id")] == 1


def test_defaults_stand_in_for_missing_columns_only(load: Callable[..., Any]) -> None:
    row = {k: v for k, v in LINE.items() if k not in ("record_type", "claim_status", "replaces_claim_id")}
    loaded = load(medical_claim=[row])
    assert [(line["record_type"], line["claim_status"], line["has_version_columns"]) for line in loaded.lines] == [
        ("original", "paid", True)
    ]
    assert loaded.result.versions_lost is False


def test_known_date_is_the_first_of_received_adjudicated_paid(load: Callable[..., Any]) -> None:
    rows = [
        {**LINE, "claim_id": "A", "adjudication_date": "2025-01-25", "paid_date": "2025-01-30"},
        {**LINE, "claim_id": "B", "adjudication_date": "2025-01-25", "paid_date": "2025-01-30", "received_date": ""},
        {**LINE, "claim_id": "C", "adjudication_date": "", "paid_date": "2025-01-30", "received_date": ""},
        {**LINE, "claim_id": "D", "adjudication_date": "", "paid_date": "", "received_date": ""},
    ]
    loaded = load(medical_claim=rows, options={"received": date(2025, 6, 30)})
    assert [line["known_date"] for line in loaded.lines] == [date(2025, 2, 1), date(2025, 1, 25), date(2025, 1, 30), date(2025, 6, 30)]


def test_codes_go_to_long_tables_once_per_version(load: Callable[..., Any]) -> None:
    row = {
        **LINE,
        "claim_type": "institutional",
        "diagnosis_code_type": "",
        "diagnosis_code_1": " o80 ",
        "diagnosis_code_2": "Z37.0",
        "diagnosis_poa_1": "y",
        "procedure_code_1": "10E0XZZ",
        "procedure_date_1": "2025-01-10",
    }
    older = {
        **row,
        "claim_id": "C0",
        "diagnosis_code_type": "icd-9-cm",
        "diagnosis_code_1": "650",
        "diagnosis_code_2": "",
        "procedure_code_1": "",
    }
    loaded = load(medical_claim=[row, {**row, "claim_line_number": "2"}, older])
    assert [
        (d["version_id"], d["position"], d["code"], d["code_system"], d["present_on_admission"]) for d in loaded.table("claim_diagnoses")
    ] == [
        ("C1:1:original", 1, "O80", "icd-10-cm", "Y"),
        ("C1:1:original", 2, "Z370", "icd-10-cm", None),
        ("C0:1:original", 1, "650", "icd-9-cm", "Y"),
    ]
    assert [(p["code"], p["code_system"], p["procedure_date"]) for p in loaded.table("claim_procedures")] == [
        ("10E0XZZ", "icd-10-pcs", date(2025, 1, 10))
    ]


def test_codes_have_one_spelling(load: Callable[..., Any]) -> None:
    row = {
        **LINE,
        "claim_type": "institutional",
        "revenue_center_code": "720",
        "drg_code": "5",
        "drg_code_type": "MS-DRG",
        "bill_type_code": "0111",
        "place_of_service_code": "2",
        "ndc_code": "0002-3227-30",
        "hcpcs_code": "j1050",
        "hcpcs_modifier_1": "gc",
        "hcpcs_modifier_2": "22",
    }
    (line,) = load(medical_claim=[row]).lines
    spelled = {"revenue_center_code": "0720", "drg_code": "005", "drg_code_type": "ms-drg", "bill_type_code": "111"}
    spelled |= {"place_of_service_code": "02", "ndc_code": "00002322730"}
    assert {c: line[c] for c in spelled} == spelled
    assert (line["hcpcs_code"], line["hcpcs_modifiers"]) == ("J1050", "GC;22")


def test_a_drg_without_its_grouper_is_noted(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=[{**LINE, "drg_code": "540-1"}])
    assert [(line["drg_code"], line["drg_code_type"]) for line in loaded.lines] == [("540", None)]
    assert loaded.findings[("code.drg_version_missing", "drg_code_type")] == 1


def test_pharmacy_lines_are_claim_lines(load: Callable[..., Any]) -> None:
    row = {
        "claim_id": "RX1",
        "claim_line_number": "1",
        "member_id": "M1",
        "dispensing_provider_npi": "1234567893",
        "prescribing_provider_npi": "1558598797",
        "dispensing_date": "2025-01-12",
        "ndc_code": "00002322730",
        "quantity": "30.5",
        "paid_date": "2025-01-13",
        "paid_amount": "9.99",
    }
    loaded = load(pharmacy_claim=[row, {**row, "claim_id": "RX2", "dispensing_date": "2025-02-31"}])
    (line,) = loaded.lines
    assert (line["source_table"], line["claim_type"], line["line_start_date"], line["paid_cents"]) == (
        "pharmacy_claim",
        "pharmacy",
        date(2025, 1, 12),
        999,
    )
    assert (line["billing_npi"], line["rendering_npi"], str(line["service_unit_quantity"])) == ("1234567893", "1558598797", "30.500")
    assert loaded.reasons == {2: "date.invalid"}


def test_two_lines_alike_but_for_their_number_are_kept_and_noted(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}, {"claim_line_number": "2"}, {"claim_line_number": "3", "hcpcs_code": "99214"}))
    assert len(loaded.lines) == 3
    assert loaded.findings == {("dup.similar_lines", "claim_line_number"): 1}


def test_a_total_given_as_a_line_beside_its_lines(load: Callable[..., Any]) -> None:
    rows = medical(
        {"claim_line_number": "0", "paid_amount": "100.00"},
        {"claim_line_number": "1", "paid_amount": "60.00"},
        {"claim_line_number": "2", "paid_amount": "40.00"},
        {"claim_id": "C2", "claim_line_number": "0", "paid_amount": "100.00"},
        {"claim_id": "C2", "claim_line_number": "1", "paid_amount": "60.00"},
        {"claim_id": "C2", "claim_line_number": "2", "paid_amount": "39.99"},
    )
    assert load(medical_claim=rows).reasons == dict.fromkeys((1, 2, 3), "amt.double_level")


def test_encounters_without_a_price_are_noted(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=[{**LINE, "paid_amount": "0", "delivery_system": "encounter"}])
    assert loaded.findings == {("amt.zero_encounter", "paid_amount"): 1}


def test_other_payers_dollars_are_carried(load: Callable[..., Any]) -> None:
    (line,) = load(medical_claim=[{**LINE, "tpl_amount": "12.50", "medicare_paid_amount": ""}]).lines
    assert (line["tpl_cents"], line["medicare_paid_cents"]) == (1250, None)


def test_ten_times_the_code_s_highest_percentile(load: Callable[..., Any]) -> None:
    # 10,000 lines: the p99.99 is the second largest, 100.00, so 1000.00 stands and 1000.01 does not.
    def rows(largest: str) -> str:
        head = (
            "claim_id,claim_line_number,claim_type,member_id,claim_start_date,received_date,paid_amount,hcpcs_code,billing_tin,version_seq"
        )
        body = (
            f"C{i},1,professional,M{i},2025-01-10,2025-02-01,{largest if i == 0 else '100.00'},99213,061234567,1" for i in range(10_000)
        )
        return "\n".join([head, *body])

    assert load(medical_claim=rows("1000.00")).reasons == {}
    assert load(medical_claim=rows("1000.01")).reasons == {1: "amt.outlier_entry"}


def test_services_after_death(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=medical(
            {"claim_id": "A", "claim_start_date": "2025-01-01"},
            {"claim_id": "B", "claim_start_date": "2025-01-31"},
            {"claim_id": "C", "claim_start_date": "2025-02-01"},
        ),
        eligibility=members({"death_date": "2025-01-01"}),
    )
    assert loaded.reasons == {3: "date.after_death"}
    assert loaded.findings == {("date.after_death", "claim_line_start_date"): 1}


def test_a_death_that_was_voided_or_replaced_does_not_count(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=medical({}),
        eligibility=members({"death_date": "2024-01-01"}, {"record_type": "replacement", "replaces_row_id": "R0"}),
    )
    assert loaded.reasons == {}


def test_one_member_id_for_two_people(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({}, {"birth_date": "1995-05-06"}, {"member_id": "M2", "person_id": "P2"}))
    assert loaded.reasons == {1: "id.member_conflict", 2: "id.member_conflict"}


def test_a_corrected_birth_date_is_no_conflict(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({}, {"birth_date": "1995-05-06", "record_type": "replacement", "replaces_row_id": "R0"}))
    assert loaded.reasons == {}


def test_a_sex_marker_that_differs_is_only_noted(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({}, {"gender": "male"}))
    assert (loaded.reasons, loaded.findings) == ({}, {("id.member_conflict", "gender"): 2})


def test_one_person_with_two_member_ids(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({}, {"member_id": "M2"}))
    assert loaded.findings == {("id.person_two_members", "person_id"): 2}


def test_a_newborn_s_diagnosis_on_the_mother(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({"diagnosis_code_1": "Z38.00"}), eligibility=members({}))
    assert loaded.findings == {("id.baby_on_mother", "diagnosis_code"): 1}


@pytest.mark.parametrize(("born", "noted"), [("1964-01-11", 0), ("1964-01-10", 1), ("2015-01-11", 1), ("2015-01-10", 0)])
def test_an_age_at_which_nobody_is_pregnant(load: Callable[..., Any], born: str, noted: int) -> None:
    rows = medical({"diagnosis_code_1": "O80", "claim_start_date": "2025-01-10"}, {"claim_id": "C2"})
    loaded = load(medical_claim=rows, eligibility=members({"birth_date": born}))
    assert loaded.findings == ({("dem.age", "birth_date"): noted} if noted else {})


def test_a_social_security_number_in_text(load: Callable[..., Any]) -> None:
    row = {"npi": "1234567893", "tin": "061234567", "provider_type": "group", "received_date": "2025-01-01"}
    loaded = load(
        provider=[{**row, "name": "Dr. 123-45-6789"}, {**row, "name": "Suite 1123-45-67890"}],
        eligibility=members({"plan": "A 123-45-6789 B"}),
    )
    assert [(r["table_name"], r["source_row"], r["reason_code"], r["detail"]) for r in loaded.table("quarantined_rows")] == [
        ("eligibility", 1, "phi.ssn_pattern", "plan"),
        ("provider", 1, "phi.ssn_pattern", "name"),
    ]


def test_ids_that_differ_by_letter_o_and_zero(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({"member_id": "MO1"}, {"claim_id": "C2", "member_id": "M01"}))
    assert [line["member_id"] for line in loaded.lines] == ["MO1", "M01"]
    assert loaded.findings == {("id.case_variant", "member_id"): 2}


def test_open_enrollment_ends_at_the_end_of_time(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({}, {"enrollment_end_date": "2299-12-31"}, {"enrollment_end_date": "2024-06-30"}))
    assert sorted(row["enrollment_end_date"] for row in loaded.table("eligibility")) == [
        date(2024, 6, 30),
        date(9999, 12, 31),
        date(9999, 12, 31),
    ]
    assert loaded.findings == {("date.open_ended", "enrollment_end_date"): 1}


def test_enrollment_that_ends_before_it_begins(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=members({"enrollment_end_date": "2023-12-31"}, {"enrollment_start_date": ""}, {"record_type": "debit"}))
    assert loaded.reasons == {1: "date.order", 2: "date.missing", 3: "adj.unknown_record_type"}


def test_a_tax_id_with_two_owners_on_one_day(load: Callable[..., Any]) -> None:
    rows = [
        {
            "tin": "06-1234567",
            "entity_id": "E1",
            "effective_from": "2024-01-01",
            "effective_to": "2025-01-02",
            "received_date": "2025-01-01",
        },
        {"tin": "061234567", "entity_id": "E2", "effective_from": "2025-01-01", "effective_to": "", "received_date": "2025-01-01"},
    ]
    with pytest.raises(FileRejected) as caught:
        load(entity_crosswalk=rows)
    assert (caught.value.reason, str(caught.value.place)) == ("id.tin_owner", "entity_crosswalk.csv:3")
    rows[0]["effective_to"] = "2025-01-01"
    assert [row["entity_id"] for row in load(entity_crosswalk=rows).table("entity_crosswalk")] == ["E1", "E2"]


def test_copies_and_contradictions_in_tables_with_keys(load: Callable[..., Any]) -> None:
    row = {
        "program": "p",
        "entity_id": "E1",
        "period": "PY1",
        "gate": "quality",
        "passed": "yes",
        "score": "0.8",
        "received_date": "2025-01-01",
    }
    rows = [row, row, {**row, "gate": "service"}, {**row, "gate": "service", "passed": "no"}, {**row, "gate": "third", "passed": "maybe"}]
    loaded = load(gate_results=rows)
    assert loaded.reasons == {2: "dup.row", 3: "dup.conflict", 4: "dup.conflict", 5: "num.not_flag"}
    assert [(g["gate"], g["passed"], str(g["score"])) for g in loaded.table("gate_results")] == [("quality", True, "0.800000")]


def test_the_small_tables(load: Callable[..., Any]) -> None:
    loaded = load(
        provider=[
            {
                "npi": "1234567893",
                "tin": "061234567",
                "entity_id": "E1",
                "provider_type": "Group",
                "effective_from": "",
                "received_date": "2025-01-01",
            }
        ],
        participation=[
            {"program": "p", "entity_id": "E1", "joined_on": "2025-01-01", "left_on": "9999-12-31", "received_date": "2025-01-01"}
        ],
        payments_made=[
            {
                "program": "p",
                "payment_id": "X1",
                "entity_id": "E1",
                "member_id": "M1",
                "period_start_date": "2025-01-01",
                "purpose": "case_rate",
                "amount": "-12.50",
                "received_date": "2025-01-01",
            }
        ],
        risk_scores=[
            {"program": "p", "member_id": "M1", "delivery_date": "2025-01-10", "risk_score": "1.25", "received_date": "2025-01-01"}
        ],
    )
    (provider,), (joined,) = loaded.table("provider"), loaded.table("participation")
    assert (provider["provider_type"], provider["effective_from"], provider["effective_to"]) == (
        "group",
        date(1900, 1, 1),
        date(9999, 12, 31),
    )
    assert (joined["joined_on"], joined["left_on"], joined["record_type"]) == (date(2025, 1, 1), None, "original")
    assert loaded.table("payments_made")[0]["amount_cents"] == -1250
    assert str(loaded.table("risk_scores")[0]["risk_score"]) == "1.250000"
    assert loaded.reasons == {}
