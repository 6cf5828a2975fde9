"""Columns of few and of many values, of one value and of none are written alike; a version's codes are told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from trueup.claims import claim_tables
from trueup.claims.intake import load_files
from trueup.workspace import Workspace

from .conftest import BARE_LINE

Row = dict[str, str]
LINE: Row = {
    **BARE_LINE,
    "place_of_service_code": "11",
    "delivery_system": "",
    "hcpcs_modifier_1": "",
    "diagnosis_code_1": "I10",
    "diagnosis_code_2": "",
    "diagnosis_poa_1": "Y",
    "procedure_code_1": "",
    "procedure_date_1": "",
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Load lines and give the batch's folder."""

    def folder_of(*changes: Row) -> Path:
        rows = [{**LINE, **change} for change in changes]
        path = tmp_path / "claims.csv"
        path.write_text("\n".join([",".join(LINE), *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
        folder = load_files(Workspace.create(tmp_path / "ws", "k"), [path]).folder
        assert folder is not None
        return folder

    return folder_of


def table(folder: Path, name: str, columns: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM read_parquet('{folder}/{name}.parquet')").fetchall()


def kinds(folder: Path, name: str) -> dict[str, str]:
    return {str(r[0]): str(r[1]) for r in duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{folder}/{name}.parquet')").fetchall()}


# --- columns of few and of many values ----------------------------------------------------------------------------------------------------

CODES = [{"claim_id": f"C{n:02d}", "hcpcs_code": f"992{n:02d}" if n % 3 else "", "member_id": f"M{n % 4}"} for n in range(20)]


@pytest.mark.parametrize("most", [0, 5, 65_536])
def test_how_many_values_a_column_has_does_not_show(write: Write, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(claim_tables, "_MOST_VALUES", most)
    monkeypatch.setattr(claim_tables, "FEW_VALUES", min(most, 3))
    folder = write(*CODES)
    lines = sorted((f"C{n:02d}", f"M{n % 4}", f"992{n:02d}" if n % 3 else None, "11", None, "paid") for n in range(20))
    columns = "claim_id, member_id, hcpcs_code, place_of_service_code, ndc_code, claim_status"
    assert sorted(table(folder, "claim_lines", columns)) == lines
    assert table(folder, "claim_diagnoses", "DISTINCT code, position, present_on_admission, code_system") == [("I10", 1, "Y", "icd-10-cm")]
    assert set(kinds(folder, "claim_lines").values()) == {"VARCHAR", "BIGINT", "INTEGER", "DATE", "BOOLEAN", "DECIMAL(18,3)"}


def test_the_digest_does_not_depend_on_how_many_values_there_are(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    many = dict(table(write(*CODES), "claim_lines", "claim_id, row_hash"))
    monkeypatch.setattr(claim_tables, "_MOST_VALUES", 0)
    (tmp_path / "ws").rename(tmp_path / "before")
    assert dict(table(write(*CODES), "claim_lines", "claim_id, row_hash")) == many
    assert len(set(many.values())) > 1


def test_a_single_value_and_a_missing_one_are_told_apart(write: Write) -> None:
    folder = write({"place_of_service_code": "21"}, {"claim_id": "C2", "place_of_service_code": ""})
    assert table(folder, "claim_lines", "claim_id, place_of_service_code, hcpcs_modifiers") == [("C1", "21", None), ("C2", None, None)]
    ((one, two),) = table(folder, "claim_lines", "min(row_hash), max(row_hash)")
    assert one != two


@pytest.mark.parametrize(
    "change",
    [
        {"hcpcs_code": "99214"},
        {"hcpcs_code": ""},
        {"hcpcs_modifier_1": "25"},
        {"paid_amount": "100.01"},
        {"claim_start_date": "2025-01-11"},
        {"diagnosis_code_1": "", "diagnosis_code_2": "I10"},
        {"diagnosis_poa_1": "N"},
        {"procedure_code_1": "10D00Z0"},
        {"procedure_date_1": "2025-01-10"},
        {"member_id": "M2"},
    ],
    ids=lambda change: "-".join(change),
)
def test_other_content_has_another_digest(write: Write, change: Row) -> None:
    folder = write({}, {"claim_id": "C2"} | change)
    hashes = table(folder, "claim_lines", "row_hash")
    assert len(hashes) == len(set(hashes)) == 2


# --- codes --------------------------------------------------------------------------------------------------------------------------------


def test_the_first_line_tells_the_codes_where_all_agree(write: Write) -> None:
    surgery = {"procedure_code_1": "10D00Z0", "procedure_date_1": "2025-01-09"}
    folder = write(*[{"claim_line_number": str(n)} | surgery for n in (2, 1, 3)], {"claim_id": "C2", "diagnosis_code_1": ""})
    assert table(folder, "claim_diagnoses", "version_id, position, code") == [("C1:1:original", 1, "I10")]
    assert table(folder, "claim_procedures", "version_id, position, code, CAST(procedure_date AS VARCHAR)") == [
        ("C1:1:original", 1, "10D00Z0", "2025-01-09")
    ]


def test_lines_that_disagree_each_add_their_codes_once(write: Write) -> None:
    folder = write(
        {"diagnosis_code_1": "O80", "diagnosis_poa_1": "Y", "received_date": "2025-02-03"},
        {"claim_line_number": "2", "diagnosis_code_1": "O80", "diagnosis_poa_1": "N", "diagnosis_code_2": "E119"},
        {"claim_line_number": "3", "diagnosis_code_1": "", "procedure_code_1": "10E0XZZ", "procedure_date_1": "2025-01-12"},
        {"claim_line_number": "4", "diagnosis_code_1": "", "procedure_code_1": "10E0XZZ", "procedure_date_1": "2025-01-11"},
    )
    assert table(folder, "claim_diagnoses", "position, code, present_on_admission, CAST(known_date AS VARCHAR)") == [
        (1, "O80", "N", "2025-02-01"),
        (2, "E119", None, "2025-02-01"),
    ]
    assert table(folder, "claim_procedures", "position, code, CAST(procedure_date AS VARCHAR)") == [(1, "10E0XZZ", "2025-01-11")]


def test_where_line_one_is_given_twice_every_line_is_asked(write: Write) -> None:
    folder = write(
        {}, {"diagnosis_code_1": "I11"}, {"claim_id": "C2", "claim_line_number": "2"}, {"claim_id": "C2", "claim_line_number": "3"}
    )
    assert table(folder, "claim_diagnoses", "claim_id, position, code") == [("C1", 1, "I10"), ("C1", 1, "I11"), ("C2", 1, "I10")]
    assert table(folder, "repeated_versions", "version_id") == [("C1:1:original",)]


@pytest.mark.parametrize(
    ("codes", "care_group"),
    [
        ({"diagnosis_code_1": "O00.1"}, "maternity"),
        ({"diagnosis_code_2": "z34.90"}, "maternity"),
        ({"diagnosis_code_1": "Z3A01"}, "maternity"),
        ({"diagnosis_code_1": "Z35"}, "other"),
        ({"diagnosis_code_1": "Z3800"}, "other"),
        ({"procedure_code_1": "10D00Z0"}, "maternity"),
        ({"procedure_code_1": "0UL70ZZ"}, "other"),
        ({"hcpcs_code": "59000"}, "maternity"),
        ({"hcpcs_code": "59899"}, "maternity"),
        ({"hcpcs_code": "58999"}, "other"),
        ({"hcpcs_code": "59900"}, "other"),
    ],
)
def test_one_code_places_all_of_a_members_lines(write: Write, codes: Row, care_group: str) -> None:
    folder = write({}, {"claim_id": "C2"} | codes, {"claim_id": "C3", "member_id": "M0"})
    expected = sorted([(care_group, "M1", "C1"), (care_group, "M1", "C2"), ("other", "M0", "C3")])
    assert table(folder, "claim_lines", "care_group, member_id, claim_id") == expected
