"""Rows that are not trusted: one row of each kind from the bad-input catalog, with the reason it must get, all in one delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from trueup.claims.intake import load_files
from trueup.tables import CANONICAL
from trueup.workspace import Workspace

GOOD = {
    "claim_id": "",
    "claim_line_number": "1",
    "version_seq": "1",
    "record_type": "original",
    "replaces_claim_id": "",
    "claim_status": "paid",
    "claim_type": "professional",
    "member_id": "M1",
    "claim_start_date": "2025-01-10",
    "claim_end_date": "2025-01-10",
    "claim_line_start_date": "2025-01-10",
    "claim_line_end_date": "",
    "admission_date": "",
    "discharge_date": "",
    "paid_date": "2025-01-20",
    "received_date": "2025-02-01",
    "paid_amount": "100.00",
    "allowed_amount": "100.00",
    "charge_amount": "",
    "service_unit_quantity": "1",
    "hcpcs_code": "99213",
    "billing_npi": "1234567893",
    "billing_tin": "061234567",
    "rendering_npi": "1558598797",
    "procedure_date_1": "",
}

# (catalog number, what is wrong, changed columns, reason)
UNTRUSTED: list[tuple[int, str, dict[str, str], str]] = [
    (22, "a tax ID that lost its leading zero", {"billing_tin": "61234567"}, "id.tin_len"),
    (23, "a member id in scientific notation", {"member_id": "1.23457E+11"}, "id.scientific"),
    (23, "a claim id in scientific notation", {"claim_id": "2E+15"}, "id.scientific"),
    (24, "one id with .0 among ids without", {"member_id": "100200300.0"}, "id.float_suffix"),
    (28, "a tax ID of nines", {"billing_tin": "999999999"}, "id.placeholder"),
    (28, "a tax ID of zeros", {"billing_tin": "00-0000000"}, "id.placeholder"),
    (28, "a tax ID that counts up", {"billing_tin": "123456789"}, "id.placeholder"),
    (28, "a member called NULL", {"member_id": "NULL"}, "id.placeholder"),
    (28, "a member called #REF!", {"member_id": "#REF!"}, "id.placeholder"),
    (30, "a payee NPI of nine digits", {"billing_npi": "123456789"}, "id.npi_format"),
    (30, "a payee NPI of eleven digits", {"billing_npi": "12345678931"}, "id.npi_format"),
    (30, "a payee NPI that begins with 3", {"billing_npi": "3234567893"}, "id.npi_format"),
    (37, "a member id shaped like a social security number", {"member_id": "123-45-6789"}, "phi.ssn_pattern"),
    (37, "a tax ID shaped like a social security number", {"billing_tin": "123-45-6788"}, "phi.ssn_pattern"),
    (0, "no member", {"member_id": " "}, "id.missing"),
    (0, "no claim id", {"claim_id": "\u00a0"}, "id.missing"),
    (39, "29 February of a common year", {"claim_end_date": "2025-02-29"}, "date.invalid"),
    (39, "29 February of a common year without hyphens", {"claim_end_date": "20250229"}, "date.invalid"),
    (39, "a thirteenth month", {"claim_line_start_date": "2025-13-01"}, "date.invalid"),
    (39, "a date of zeros", {"claim_start_date": "0000-00-00"}, "date.invalid"),
    (39, "a spreadsheet's day zero", {"paid_date": "1/0/1900"}, "date.invalid"),
    (39, "a procedure on no day", {"procedure_date_1": "2025-02-30"}, "date.invalid"),
    (40, "a spreadsheet's day number", {"claim_start_date": "45689"}, "date.excel_serial"),
    (41, "a two-digit year", {"claim_end_date": "25"}, "date.two_digit"),
    (41, "a two-digit year in a date", {"claim_end_date": "1/10/25"}, "date.two_digit"),
    (42, "a service after the row was received", {"claim_line_start_date": "2025-02-02"}, "date.future"),
    (43, "a claim that ends before it begins", {"claim_end_date": "2025-01-09"}, "date.order"),
    (43, "a line that ends before it begins", {"claim_line_end_date": "2025-01-09"}, "date.order"),
    (43, "a discharge before admission", {"admission_date": "2025-01-10", "discharge_date": "2025-01-09"}, "date.order"),
    (46, "a zone that moves the date", {"claim_start_date": "2025-01-01T00:30Z"}, "date.zone"),
    (46, "a time of day", {"received_date": "2025-02-01 13:30:00"}, "date.zone"),
    (0, "no service date at all", {"claim_start_date": "", "claim_line_start_date": ""}, "date.missing"),
    (53, "a fraction of a cent", {"paid_amount": "12.345"}, "amt.precision"),
    (54, "not a number", {"paid_amount": "NaN"}, "amt.not_number"),
    (54, "infinity", {"paid_amount": "inf"}, "amt.not_number"),
    (54, "the word NULL", {"paid_amount": "NULL"}, "amt.not_number"),
    (54, "a broken reference", {"allowed_amount": "#REF!"}, "amt.not_number"),
    (54, "an empty paid amount, which is not zero", {"paid_amount": ""}, "amt.not_number"),
    (52, "an amount padded with zeros", {"paid_amount": "0000012345"}, "amt.implied"),
    (55, "a negative original", {"paid_amount": "-0.01"}, "amt.negative_original"),
    (60, "all nines", {"paid_amount": "9999999.99"}, "amt.outlier_entry"),
    (64, "a gross credit without a claim", {"record_type": "credit", "claim_id": ""}, "non_claim"),
    (74, "an unknown adjustment code", {"record_type": "7"}, "adj.unknown_record_type"),
    (74, "an empty adjustment code", {"record_type": ""}, "adj.unknown_record_type"),
    (0, "an unknown status", {"claim_status": "maybe"}, "adj.unknown_status"),
    (0, "an empty status", {"claim_status": ""}, "adj.unknown_status"),
    (0, "version zero", {"version_seq": "0"}, "claim.version_seq"),
    (0, "half a version", {"version_seq": "1.5"}, "claim.version_seq"),
    (0, "no line number", {"claim_line_number": "x"}, "claim.line_number"),
    (0, "an unknown claim type", {"claim_type": "barter"}, "claim.type_unknown"),
    (0, "a void that acts on nothing", {"record_type": "void", "version_seq": ""}, "adj.no_target"),
]

# Valid, though unusual: these rows are trusted, and come out as told.
TRUSTED: list[tuple[int, str, dict[str, str], dict[str, Any]]] = [
    (25, "blanks, tabs and no-break spaces around ids", {"member_id": "\t M7\u00a0"}, {"member_id": "M7"}),
    (25, "a hyphen in a tax ID", {"billing_tin": "06-1234567"}, {"billing_tin": "061234567"}),
    (26, "an id in lower case stays apart", {"member_id": "m1"}, {"member_id": "m1"}),
    (27, "no tax ID", {"billing_tin": ""}, {"billing_tin": None}),
    (29, "an NPI whose check digit fails", {"billing_npi": "1234567890"}, {"billing_npi": "1234567890"}),
    (30, "a rendering NPI of nine digits", {"rendering_npi": "123456789"}, {"rendering_npi": "123456789"}),
    (31, "an NPI in the tax ID field", {"billing_tin": "1234567893"}, {"billing_tin": "1234567893"}),
    (43, "a stay of 400 days", {"claim_start_date": "2023-12-01", "claim_end_date": "2025-01-04"}, {"paid_cents": 10000}),
    (44, "paid before the service", {"paid_date": "2025-01-09"}, {"paid_cents": 10000}),
    (45, "an open end", {"claim_end_date": "9999-12-31"}, {"claim_end_date": "2025-01-10"}),
    (45, "a discharge in 2299", {"admission_date": "2025-01-10", "discharge_date": "2299-12-31"}, {"discharge_date": None}),
    (46, "midnight without a zone", {"claim_start_date": "2025-01-10 00:00:00"}, {"claim_start_date": "2025-01-10"}),
    (47, "a leap day", {"claim_start_date": "2024-02-29", "claim_line_start_date": ""}, {"line_start_date": "2024-02-29"}),
    (53, "zeros after the second decimal", {"paid_amount": "12.340"}, {"paid_cents": 1234}),
    (53, "one decimal", {"paid_amount": "3600.0"}, {"paid_cents": 360000}),
    (54, "nothing allowed is unknown", {"allowed_amount": ""}, {"allowed_cents": None}),
    (54, "zero is zero", {"paid_amount": "0.00"}, {"paid_cents": 0}),
    (56, "a negative void", {"record_type": "void", "version_seq": "2", "paid_amount": "-100.00"}, {"paid_cents": -10000}),
    (57, "a positive void", {"record_type": "void", "version_seq": "2"}, {"paid_cents": 10000, "record_type": "void"}),
    (59, "paid above charge", {"charge_amount": "50.00"}, {"paid_cents": 10000}),
    (60, "a cent below all nines", {"paid_amount": "9999999.98"}, {"paid_cents": 999999998}),
    (61, "no units", {"service_unit_quantity": "0"}, {"service_unit_quantity": 0}),
    (61, "a thousand deliveries", {"service_unit_quantity": "1000", "hcpcs_code": "59409"}, {"service_unit_quantity": 1000}),
    (64, "a gross debit on a claim is for final action to set aside", {"record_type": "debit"}, {"record_type": "debit"}),
    (69, "a void of a claim that is not there", {"record_type": "void", "replaces_claim_id": "GONE"}, {"replaces_claim_id": "GONE"}),
    (71, "a replacement of a claim that is not there", {"record_type": "replacement", "replaces_claim_id": "GONE"}, {"version_seq": 1}),
    (73, "a denied line", {"claim_status": "DENIED"}, {"claim_status": "denied"}),
    (76, "an interim bill", {"claim_type": "Institutional"}, {"claim_type": "institutional"}),
    (84, "modifiers glued to the code", {"hcpcs_code": "59400-22-GC"}, {"hcpcs_code": "59400", "hcpcs_modifiers": "22;GC"}),
    (0, "an id that only looks like a number with an exponent", {"member_id": "12E5"}, {"member_id": "12E5"}),
]
WARNED = {
    ("id.trimmed", "member_id"): 1,
    ("id.trimmed", "billing_tin"): 3,
    ("id.case_variant", "member_id"): 93,
    ("id.tin_missing", "billing_tin"): 1,
    ("id.npi_luhn", "billing_npi"): 1,
    ("id.npi_format", "rendering_npi"): 1,
    ("id.npi_type", "billing_tin"): 1,
    ("id.npi_two_tins", "billing_npi"): 48,
    ("date.long_span", "claim_end_date"): 1,
    ("date.paid_before_service", "paid_date"): 1,
    ("date.open_ended", "claim_end_date"): 2,
    ("adj.void_positive", "paid_amount"): 2,
    ("amt.relation", "charge_amount"): 1,
    ("amt.relation", "allowed_amount"): 2,
    ("amt.relation", "paid_amount"): 1,
    ("unit.implausible", "service_unit_quantity"): 2,
    ("code.modifier_glued", "hcpcs_code"): 1,
}


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """20 good lines, then every case as a claim of its own, in one file."""
    rows = [{**GOOD, "claim_id": f"G{i}"} for i in range(1, 21)]
    rows += [{**GOOD, "claim_id": f"U{i}", **changes} for i, (_, _, changes, _) in enumerate(UNTRUSTED)]
    rows += [{**GOOD, "claim_id": f"T{i}", **changes} for i, (_, _, changes, _) in enumerate(TRUSTED)]
    folder = tmp_path_factory.mktemp("rows")
    path = folder / "claims.csv"
    path.write_text("\n".join([",".join(GOOD), *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
    result = load_files(Workspace.create(folder / "ws", key="test"), [path])
    assert result.folder is not None

    def read(name: str) -> list[dict[str, Any]]:
        found = duckdb.sql(f"SELECT * FROM read_parquet('{result.folder}/{name}.parquet')")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    held = {row["source_row"]: row for row in read("quarantined_rows")}
    kept = {row["source_row"]: row for row in read("claim_lines")}
    return {"result": result, "held": held, "kept": kept, "rows": len(rows)}


@pytest.mark.parametrize("nth", range(len(UNTRUSTED)), ids=[f"{n}: {what}" for n, what, _, _ in UNTRUSTED])
def test_untrusted_row_gets_its_reason(delivery: dict[str, Any], nth: int) -> None:
    assert delivery["held"][21 + nth]["reason_code"] == UNTRUSTED[nth][3]


@pytest.mark.parametrize("nth", range(len(TRUSTED)), ids=[f"{n}: {what}" for n, what, _, _ in TRUSTED])
def test_trusted_row_comes_out_as_told(delivery: dict[str, Any], nth: int) -> None:
    line = delivery["kept"][21 + len(UNTRUSTED) + nth]
    expected = TRUSTED[nth][3]
    assert {c: str(line[c]) if c.endswith("_date") and line[c] is not None else line[c] for c in expected} == expected


def test_every_good_row_is_kept_and_every_row_has_one_place(delivery: dict[str, Any]) -> None:
    assert sorted(delivery["kept"]) == [*range(1, 21), *range(21 + len(UNTRUSTED), delivery["rows"] + 1)]
    assert sorted(delivery["held"]) == list(range(21, 21 + len(UNTRUSTED)))


def test_warnings_and_normalizations_are_counted(delivery: dict[str, Any]) -> None:
    assert {(f.code, f.column): f.rows for f in delivery["result"].findings} == WARNED


def test_amounts_that_parse_balance_and_the_others_stay_as_text(delivery: dict[str, Any]) -> None:
    (account,) = delivery["result"].accounts
    assert account.cents_read == account.cents_canonical + account.cents_quarantined
    assert account.cents_canonical == sum(line["paid_cents"] for line in delivery["kept"].values())
    unparsed = [row["raw_amount"] for row in delivery["held"].values() if row["amount_cents"] is None and row["raw_amount"]]
    assert sorted(unparsed) == ["0000012345", "12.345", "NULL", "NaN", "inf"]
    assert account.unparsed == 5


def test_a_quarantined_void_keeps_what_it_acts_on(delivery: dict[str, Any]) -> None:
    nth = next(i for i, case in enumerate(UNTRUSTED) if case[3] == "adj.no_target")
    row = delivery["held"][21 + nth]
    assert (row["claim_id"], row["record_type"], row["member_id"], str(row["known_date"])) == (f"U{nth}", "void", "M1", "2025-02-01")


def test_every_file_of_the_batch_has_the_columns_of_its_contract(delivery: dict[str, Any]) -> None:
    paths = sorted(Path(delivery["result"].folder).glob("*.parquet"))
    assert [p.stem for p in paths] == ["claim_lines", "findings", "quarantined_rows", "repeated_versions"]
    for path in paths:
        found = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
        columns = {"version_id": "VARCHAR"} if path.stem == "repeated_versions" else CANONICAL[path.stem].columns
        assert {row[0]: row[1] for row in found} == columns
