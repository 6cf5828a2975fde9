"""How a batch is stored: its order, its bytes, what is judged in place, and the digest that tells whether two lines say the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trueup.claims import canonical, claim_tables, read
from trueup.claims.intake import load_files
from trueup.claims.reasons import FileRejected
from trueup.workspace import Workspace

from .conftest import BARE_LINE

Row = dict[str, str]
LINE: Row = {
    **BARE_LINE,
    "diagnosis_code_1": "",
    "diagnosis_code_2": "",
}
NUMBER = pa.int32()


def medical(*changes: Row) -> list[Row]:
    return [{**LINE, **change} for change in changes]


def messy(count: int, seed: int) -> list[Row]:
    """Claims of a few lines each, some of them untrusted, in conflict, repeated, alike, or without agreement on their diagnoses."""
    draw = random.Random(seed)
    rows: list[Row] = []
    for i in range(count):
        claim = {"claim_id": f"C{draw.randrange(10**6)}", "member_id": f"M{draw.randrange(count // 20 + 1)}"}
        for line in range(1, draw.randint(1, 4) + 1):
            codes = {"diagnosis_code_1": draw.choice(["I10", "E119", "O80"]), "diagnosis_code_2": draw.choice(["", "", "Z3800", "i10."])}
            rows.append({**LINE, **claim, **codes, "claim_line_number": str(line), "paid_amount": f"{draw.randrange(500)}.{i % 100:02d}"})
            if draw.random() < 0.1:
                rows[-1] |= draw.choice([{"claim_line_number": "1"}, {"member_id": "M1"}, {"claim_line_number": "7"}])
    for row in draw.sample(rows, count // 50):
        row |= draw.choice([{"paid_amount": "1.234"}, {"claim_start_date": "2025-02-30"}, {"claim_type": "odd"}, {"member_id": "#REF!"}])
    return rows


def table(folder: Path | None, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM read_parquet('{folder}/{name}.parquet')").fetchall()


def bytes_of(folder: Path | None) -> dict[str, bytes]:
    assert folder is not None
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def write_csv(path: Path, rows: list[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def typed_parquet(path: Path, rows: list[Row], **options: Any) -> Path:
    """The rows as a data warehouse would export them: numbers, dates and decimals."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {}
    for name in rows[0]:
        texts = [row[name] or None for row in rows]
        if name.endswith("_date"):
            columns[name] = pa.array([date.fromisoformat(t) if t else None for t in texts])
        elif name == "claim_line_number":
            columns[name] = pa.array([int(t) if t else None for t in texts], NUMBER)
        elif name == "paid_amount":
            columns[name] = pa.array([Decimal(t) if t else None for t in texts], pa.decimal128(14, 2))
        else:
            columns[name] = pa.array(texts, pa.string())
    pq.write_table(pa.table(columns), path, **options)
    return path


# --- order and bytes ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_tables, "_LINES_A_ROW_GROUP", 2048)
    monkeypatch.setattr(claim_tables, "_CODES_A_ROW_GROUP", 2048)


@pytest.mark.usefixtures("small_row_groups")
def test_a_member_lies_together_however_many_lines_there_are(ws: Workspace, tmp_path: Path) -> None:
    rows = [{**LINE, "claim_id": f"C{i}", "member_id": "M5" if i % 3 else f"M{i % 10}"} for i in range(9_000)]
    rows += [{**LINE, "claim_id": f"B{i}", "member_id": f"M{i}", "diagnosis_code_1": "O80"} for i in (3, 8)]
    random.Random(1).shuffle(rows)
    folder = load_files(ws, [write_csv(tmp_path / "claims.csv", rows)]).folder
    found = table(folder, "claim_lines", "care_group, member_id, source_row")
    assert found == sorted(found)
    assert {(group, member) for group, member, _ in found} == {("maternity" if m in (3, 8) else "other", f"M{m}") for m in range(10)}
    groups = duckdb.sql(
        "SELECT stats_min_value, stats_max_value, row_group_num_rows "
        f"FROM parquet_metadata('{folder}/claim_lines.parquet') WHERE path_in_schema = 'member_id' ORDER BY row_group_id"
    ).fetchall()
    assert [rows for _, _, rows in groups] == [2048] * 4 + [9002 - 4 * 2048]
    assert [(low, high) for low, high, _ in groups[2:4]] == [("M5", "M5"), ("M5", "M6")]


@pytest.mark.usefixtures("small_row_groups")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_neither_threads_nor_the_order_of_files_change_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    parts = [write_csv(tmp_path / f"part{n}.csv", messy(2_000, n)) for n in range(2)]
    first = load_files(Workspace.create(tmp_path / "first", key="k"), parts)
    monkeypatch.setattr(duckdb, "connect", partial(duckdb.connect, config={"threads": threads}))
    again = load_files(Workspace.create(tmp_path / "again", key="k"), parts[::-1])
    assert len(bytes_of(first.folder)) == 5
    assert bytes_of(first.folder) == bytes_of(again.folder)


def test_large_files_are_judged_in_place_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = typed_parquet(tmp_path / "b.parquet", medical({"claim_id": "P1"}, {"claim_id": "P2"}))
    parts = [write_csv(tmp_path / "a.csv", messy(300, 1)), typed]
    written = load_files(Workspace.create(tmp_path / "written", key="k"), parts)
    monkeypatch.setattr(read, "MANY_ROWS", 0)
    in_place = load_files(Workspace.create(tmp_path / "in_place", key="k"), parts)
    assert bytes_of(written.folder).keys() == bytes_of(in_place.folder).keys()
    for name in bytes_of(written.folder):
        assert table(written.folder, name.removesuffix(".parquet")) == table(in_place.folder, name.removesuffix(".parquet"))
    assert (written.accounts, written.findings, written.quarantined) == (in_place.accounts, in_place.findings, in_place.quarantined)
    (account, _) = in_place.accounts
    assert 0 < account.rows_quarantined < account.rows_read == account.rows_canonical + account.rows_quarantined
    assert account.cents_read == account.cents_canonical + account.cents_quarantined


# --- versions -----------------------------------------------------------------------------------------------------------------------------


def test_versions_that_repeat_a_line_number_are_listed(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=medical(
            {"claim_id": "C9"},
            {"claim_id": "C9"},
            {"claim_id": "C1", "claim_line_number": "33"},
            {"claim_id": "C1", "claim_line_number": "33", "paid_amount": "1.00"},
            {"claim_id": "C2"},
            {"claim_id": "C2", "claim_line_number": "31"},
            {"claim_id": "C3"},
            {"claim_id": "C4"},
            {"claim_id": "C4", "paid_amount": "1.005"},
        )
    )
    assert table(loaded.result.folder, "repeated_versions") == [("C1:1:original",), ("C9:1:original",)]
    assert loaded.reasons == {8: "claim.line_untrusted", 9: "amt.precision"}


def test_a_batch_of_lines_lists_repeated_versions_even_if_there_are_none(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=medical({}))
    assert table(loaded.result.folder, "repeated_versions") == []
    assert "repeated_versions" not in loaded.result.folder.joinpath("manifest.json").read_text(encoding="utf-8")


def test_a_version_across_two_files_has_each_diagnosis_once_with_the_day_it_was_first_known(tmp_path: Path) -> None:
    first = medical(
        {"diagnosis_code_1": "I10", "diagnosis_code_2": "E119"},
        {"claim_line_number": "2", "diagnosis_code_1": "I10", "received_date": "2025-01-31"},
        {"claim_id": "C2", "claim_line_number": "4", "diagnosis_code_2": "Z3490"},
    )
    second = medical({"claim_line_number": "3", "diagnosis_code_1": "O80", "diagnosis_code_2": "E119"}, {"claim_id": "C3"})
    files = [write_csv(tmp_path / f"{n}.csv", rows) for n, rows in enumerate((first, second))]
    folder = load_files(Workspace.create(tmp_path / "ws", key="k"), files).folder
    assert table(folder, "claim_diagnoses", "version_id, position, code, known_date") == [
        ("C1:1:original", 1, "I10", date(2025, 1, 31)),
        ("C1:1:original", 1, "O80", date(2025, 2, 1)),
        ("C1:1:original", 2, "E119", date(2025, 2, 1)),
        ("C2:1:original", 2, "Z3490", date(2025, 2, 1)),
    ]


# --- the digest of a line -----------------------------------------------------------------------------------------------------------------


def _md5(text: str) -> int:
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest(), "little")


def _digest(texts: dict[str, str], numbers: dict[str, int], days: dict[str, date]) -> int:
    """The digest as its description says, in plain Python."""
    digest = 0
    for column, text in texts.items():
        digest ^= (_md5(f"{column}={text}") ^ _md5(f"{column}=")) & (2**63 - 1)
    for column, number in numbers.items():
        digest ^= ((number & (2**31 - 1)) + 1) * (_md5(column) >> 97 | 1) ^ number
    for column, day in days.items():
        digest ^= (day.toordinal()) * (_md5(column) >> 97 | 1)
    return digest


def test_the_digest_of_a_line_is_what_its_description_says(load: Callable[..., Any]) -> None:
    day = date(2025, 1, 10)
    texts = {
        "source_table": "medical_claim",
        "claim_status": "paid",
        "claim_type": "professional",
        "member_id": "M1",
        "hcpcs_code": "99213",
        "hcpcs_modifiers": "25;TC",
        "diagnosis_code_2": "I10",
        "diagnosis_system": "icd-10-cm",
        "procedure_system": "icd-10-pcs",
    }
    days = dict.fromkeys(("claim_start_date", "claim_end_date", "line_start_date", "line_end_date"), day)
    numbers = {"paid_cents": -10000, "service_unit_quantity": 1500}
    one = medical({"paid_amount": "-100", "record_type": "void", "service_unit_quantity": "1.5", "diagnosis_code_2": "I10"})
    loaded = load(medical_claim=[{**one[0], "hcpcs_modifier_1": "25", "hcpcs_modifier_2": "tc"}])
    assert [line["row_hash"] for line in loaded.lines] == [_digest(texts, numbers, days)]


def test_content_has_one_digest_whatever_else_is_loaded_and_however_it_is_stored(tmp_path: Path) -> None:
    alone = write_csv(tmp_path / "alone.csv", medical({"claim_id": "C7", "diagnosis_code_1": "z34.90"}))
    other = {"claim_id": "C2", "claim_type": "institutional", "paid_amount": "0.00", "hcpcs_code": ""}
    others = medical({}, other, {"claim_id": "C7", "diagnosis_code_1": "Z3490"})
    many = typed_parquet(tmp_path / "many.parquet", [{**row, "diagnosis_poa_3": "Y" if row["claim_id"] == "C1" else ""} for row in others])
    digests: list[Any] = []
    for n, path in enumerate((alone, many)):
        folder = load_files(Workspace.create(tmp_path / f"ws{n}", key="k"), [path]).folder
        digests += table(folder, "claim_lines", "claim_id, row_hash")
    found = [digest for claim, digest in digests if claim == "C7"]
    assert len(found) == 2
    assert found[0] == found[1]
    assert len({digest for _, digest in digests}) == 3


# --- Parquet files ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"compression": "none", "row_group_size": 700}])
def test_typed_columns_say_what_their_text_would(tmp_path: Path, options: dict[str, Any]) -> None:
    rows = [row for row in messy(400, 5) if row["claim_start_date"] != "2025-02-30" and row["paid_amount"] != "1.234"]
    text = load_files(Workspace.create(tmp_path / "ws1", key="k"), [write_csv(tmp_path / "claims.csv", rows)])
    typed = load_files(Workspace.create(tmp_path / "ws2", key="k"), [typed_parquet(tmp_path / "claims.parquet", rows, **options)])
    for name, beside in (("claim_lines", ", source_file"), ("claim_diagnoses", ""), ("quarantined_rows", ", source_file, raw_amount")):
        kept = f"* EXCLUDE (batch_id{beside})"
        assert table(text.folder, name, kept) == table(typed.folder, name, kept)
    assert text.quarantined == typed.quarantined != {}


def test_codes_without_dictionaries_are_read_from_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [f"diagnosis_code_{i}" for i in range(1, 12)]
    rows = [{**LINE, "claim_id": f"C{i}", **dict.fromkeys(columns, "I10")} for i in range(10_001)]
    seen: list[str] = []
    original = canonical.Typing.sql

    def sql(typing: canonical.Typing) -> str:
        seen.append(typing.source.relation.split("/")[-1].split("'")[0])
        return original(typing)

    monkeypatch.setattr(canonical.Typing, "sql", sql)
    for n, has_dictionaries in enumerate((True, False)):
        path = typed_parquet(tmp_path / f"{n}.parquet", rows, use_dictionary=has_dictionaries)
        folder = load_files(Workspace.create(tmp_path / f"ws{n}", key="k"), [path]).folder
        assert table(folder, "claim_diagnoses", "count(*)") == [(110_011,)]
    assert seen == ["in0", "staged0.parquet"]


def test_values_beyond_what_a_type_should_hold_are_judged_as_text(ws: Workspace, tmp_path: Path) -> None:
    columns = {
        "claim_id": pa.array([1, 2, 3, 4]),
        "claim_line_number": pa.array([1, -1, 1, 1]),
        "claim_type": ["professional"] * 4,
        "member_id": ["M1"] * 4,
        "claim_start_date": pa.array([0, 0, 4_000_000, 0], pa.int32()).cast(pa.date32()),
        "received_date": ["2025-02-01"] * 4,
        "paid_amount": pa.array([Decimal("1.00")] * 4, pa.decimal128(18, 2)),
        "charge_amount": pa.array([Decimal("1.000"), Decimal("2.000"), Decimal("3.000"), Decimal("4.125")], pa.decimal128(18, 3)),
    }
    path = tmp_path / "claims.parquet"
    pq.write_table(pa.table(columns), path)
    folder = load_files(ws, [path]).folder
    assert table(folder, "quarantined_rows", "source_row, reason_code, raw_amount") == [
        (2, "claim.line_number", "1"),
        (3, "date.invalid", "1"),
        (4, "amt.precision", "1"),
    ]
    assert table(folder, "claim_lines", "claim_id, claim_start_date, paid_cents, charge_cents") == [("1", date(1970, 1, 1), 100, 100)]


def test_a_column_named_like_the_row_number_is_only_a_column(ws: Workspace, tmp_path: Path) -> None:
    table_ = pa.table({**{c: [v] for c, v in LINE.items()}, "file_row_number": [7]})
    pq.write_table(table_, tmp_path / "claims.parquet")
    result = load_files(ws, [tmp_path / "claims.parquet"])
    assert table(result.folder, "claim_lines", "source_row, claim_id") == [(1, "C1")]
    assert {(f.code, f.column) for f in result.findings} >= {("fmt.unknown_column", "file_row_number")}


@pytest.mark.parametrize("column", ["claim_id", "claim_start_date", "paid_amount", "hcpcs_code"])
def test_a_damaged_page_refuses_the_file(ws: Workspace, tmp_path: Path, column: str) -> None:
    rows = [{**LINE, "claim_id": f"C{i}", "paid_amount": f"{i}.00", "hcpcs_code": f"992{i % 90:02d}"} for i in range(3_000)]
    path = typed_parquet(tmp_path / "claims.parquet", rows, compression="zstd")
    meta = pq.ParquetFile(path).metadata.row_group(0)
    (chunk,) = (meta.column(i) for i in range(meta.num_columns) if meta.column(i).path_in_schema == column)
    data, start = bytearray(path.read_bytes()), chunk.dictionary_page_offset or chunk.data_page_offset
    data[start : start + chunk.total_compressed_size] = b"\x5a" * chunk.total_compressed_size
    path.write_bytes(data)
    with pytest.raises(FileRejected) as caught:
        load_files(ws, [path])
    assert caught.value.reason == "fmt.parquet"
    assert ws.batches() == []


def test_a_file_that_changes_while_it_is_loaded_is_refused(ws: Workspace, tmp_path: Path) -> None:
    path = typed_parquet(tmp_path / "claims.parquet", medical({}))

    def meddle(step: str) -> None:
        if step.startswith("writing"):
            typed_parquet(path, medical({}, {"claim_id": "C2"}))

    with pytest.raises(FileRejected, match="changed while it was loaded") as caught:
        load_files(ws, [path], progress=meddle)
    assert caught.value.reason == "fmt.parquet"
    assert ws.batches() == []
