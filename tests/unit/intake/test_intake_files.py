"""Files that are not what they seem: each is refused with the place and the next step, and leaves nothing behind."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trueup.claims.intake import load_files
from trueup.claims.reasons import FileRejected
from trueup.errors import UsageError
from trueup.workspace import Workspace

HEADER = "claim_id,claim_line_number,claim_type,member_id,claim_start_date,received_date,paid_amount,billing_tin"


def lines(count: int, **changes: str) -> str:
    """A medical table with that many claims; `changes` put a column in another form on every row."""
    row = {"claim_start_date": "2025-01-10", "received_date": "2025-02-01", "paid_amount": "10.50", "billing_tin": "061234567", **changes}
    body = [
        f"C{i},1,professional,M{i % 7},{row['claim_start_date']},{row['received_date']},{row['paid_amount']},{row['billing_tin']}"
        for i in range(1, count + 1)
    ]
    return "\n".join([HEADER, *body]) + "\n"


@pytest.fixture
def refused(ws: Workspace, tmp_path: Path) -> Callable[..., FileRejected]:
    """Load content that must be refused, beside a good file that then must not be kept either."""

    def go(content: str | bytes, *, name: str = "claims.csv", **options: Any) -> FileRejected:
        good, bad = tmp_path / "a_good.csv", tmp_path / name
        good.write_text(lines(3), encoding="utf-8")
        bad.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(FileRejected) as caught:
            load_files(ws, [good, bad] if not options else [bad], **options)
        assert ws.batches() == []
        assert sorted(p.name for p in ws.path.iterdir()) == ["batches", "prices", "reports", "runs", "workspace.toml", "writer.lock"]
        assert list(ws.batches_dir.iterdir()) == []
        return caught.value

    return go


def test_truncated_gzip(refused: Callable[..., FileRejected]) -> None:
    error = refused(gzip.compress(lines(500).encode())[:-20], name="claims.csv.gz")
    assert (error.reason, error.code, str(error.place)) == ("arc.truncated", "TRU-I019", "claims.csv.gz")
    assert error.exit_code == 1


def test_damaged_gzip(refused: Callable[..., FileRejected]) -> None:
    packed = bytearray(gzip.compress(lines(500).encode(), mtime=0))
    packed[len(packed) // 2] ^= 0xFF
    assert refused(bytes(packed), name="claims.csv.gz").reason == "arc.truncated"


def test_truncated_at_every_byte_is_refused_or_short_of_whole_rows(ws: Workspace, tmp_path: Path) -> None:
    packed = gzip.compress(lines(2).encode(), mtime=0)
    path = tmp_path / "claims.csv.gz"
    for cut in range(3, len(packed)):
        path.write_bytes(packed[:cut])
        with pytest.raises(FileRejected):
            load_files(ws, [path])
    assert ws.batches() == []


def test_zip_archive(refused: Callable[..., FileRejected], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", lines(1))
        archive.writestr("../b.csv", lines(1))
    assert refused((tmp_path / "two.zip").read_bytes(), name="claims.zip").reason == "arc.archive"


def test_wrong_delimiter_declared(refused: Callable[..., FileRejected]) -> None:
    error = refused(lines(3).replace(",", "|"), delimiter=",")
    assert error.reason == "fmt.columns"
    assert str(error) == ("TRU-I013 claims.csv:1 (fmt.columns) Expected a comma between columns, found a pipe. Declare `--delimiter '|'`.")


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";"])
def test_delimiter_is_proven_by_the_header(ws: Workspace, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "claims.txt"
    path.write_text(lines(3).replace(",", delimiter), encoding="utf-8")
    assert load_files(ws, [path]).accounts[0].rows_canonical == 3


def test_unusual_delimiter_has_to_be_declared(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "claims.txt"
    path.write_text(lines(3).replace(",", "^"), encoding="utf-8")
    with pytest.raises(FileRejected, match="another delimiter has to be declared") as caught:
        load_files(ws, [path])
    assert caught.value.reason == "fmt.nothing_recognized"
    assert load_files(ws, [path], delimiter="^").accounts[0].rows_canonical == 3


def test_header_without_required_column(refused: Callable[..., FileRejected]) -> None:
    error = refused(lines(2).replace("paid_amount", "paid_total"))
    assert (error.reason, str(error.place)) == ("fmt.header", "claims.csv:1")
    assert "nearly a medical_claim table but lacks paid_amount" in error.message


def test_header_with_a_name_twice(refused: Callable[..., FileRejected]) -> None:
    error = refused(lines(2).replace("billing_tin", "member_id"))
    assert (error.reason, error.message) == ("fmt.header", "(fmt.header) The header names member_id more than once.")


def test_no_header(refused: Callable[..., FileRejected], ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(lines(2).split("\n", 1)[1], encoding="utf-8")
    with pytest.raises(FileRejected) as caught:
        load_files(ws, [path])
    assert caught.value.reason == "fmt.nothing_recognized"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_undeclared(refused: Callable[..., FileRejected], encoding: str) -> None:
    assert refused(lines(2).encode(encoding)).reason == "enc.utf16"


def test_utf16_declared(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(lines(2).encode("utf-16"))
    assert load_files(ws, [path], encoding="utf-16").accounts[0].rows_canonical == 2


def test_nul_bytes(refused: Callable[..., FileRejected]) -> None:
    assert refused(lines(3).replace("C2", "C\0")).reason == "enc.nul"


def test_declared_encoding_that_does_not_hold(refused: Callable[..., FileRejected]) -> None:
    assert refused(lines(3).replace("C2", "Ç2").encode("cp1252"), encoding="utf-8").reason == "enc.undecodable"


def test_byte_order_mark_and_mixed_line_ends(load: Callable[..., Any]) -> None:
    text = "\ufeff" + lines(4).replace("\nC2", "\r\nC2").replace("\nC4", "\rC4").rstrip("\n")
    loaded = load(medical_claim=text)
    assert [line["claim_id"] for line in loaded.lines] == ["C1", "C2", "C3", "C4"]
    assert loaded.findings == {("fmt.newlines", ""): 4}


def test_bytes_that_are_not_utf8_quarantine_the_row_whose_key_they_damage(load: Callable[..., Any]) -> None:
    table = ["npi,tin,provider_type,name,received_date"]
    table += [f"1234567893,06123456{i},group,Practice {i},2025-01-01" for i in range(1, 4)]
    data = "\n".join(table).encode().replace(b"061234562", b"06123456\xb2").replace(b"Practice 3", b"O\x92Hara")
    loaded = load(provider=data)
    assert loaded.reasons == {2: "enc.invalid_in_key"}
    assert [(p["tin"], p["name"]) for p in loaded.table("provider")] == [("061234561", "Practice 1"), ("061234563", "O\ufffdHara")]
    assert loaded.findings == {("enc.invalid", ""): 3}


def test_declared_code_page(load: Callable[..., Any]) -> None:
    table = "npi,tin,provider_type,name,received_date\n1234567893,061234561,group,O\u2019Hara,2025-01-01\n"
    loaded = load(provider=table.encode("cp1252"), options={"encoding": "cp1252"})
    assert [p["name"] for p in loaded.table("provider")] == ["O\u2019Hara"]


def test_rows_with_other_field_counts_are_quarantined(load: Callable[..., Any]) -> None:
    rows = lines(30).splitlines()
    rows[5] += ",extra"
    rows[9] = "C9,1,professional"
    rows[20] = rows[20].replace("professional", 'profes"sional"')
    loaded = load(medical_claim="\n".join(rows))
    assert loaded.reasons == {5: "fmt.field_count", 9: "fmt.field_count", 20: "claim.type_unknown"}
    assert {line["source_row"]: line["claim_id"] for line in loaded.lines} == {i: f"C{i}" for i in range(1, 31) if i not in (5, 9, 20)}
    (account,) = loaded.result.accounts
    assert (account.rows_read, account.rows_canonical, account.rows_quarantined) == (30, 27, 3)


def test_many_rows_with_other_field_counts_refuse_the_file(refused: Callable[..., FileRejected]) -> None:
    rows = lines(200).splitlines()
    for i in range(50, 61):
        rows[i] += ",extra"
    error = refused("\n".join(rows))
    assert (error.reason, str(error.place)) == ("fmt.field_count_share", "claims.csv:51")
    assert "11 of 200 rows do not have the header's 8 fields" in error.message


def test_quotes_line_ends_and_delimiters_inside_text(load: Callable[..., Any]) -> None:
    table = 'npi,tin,provider_type,name,received_date\n1234567893,061234561,group,"Smith, Jones\nand ""Co""",2025-01-01\n'
    loaded = load(provider=table + "1558598797,061234562,group,Plain,2025-01-01\n")
    assert [p["name"] for p in loaded.table("provider")] == ['Smith, Jones\nand "Co"', "Plain"]


def test_quote_that_never_closes(refused: Callable[..., FileRejected]) -> None:
    rows = lines(9).splitlines()
    rows[4] = rows[4].replace("M4", '"M4')
    assert refused("\n".join(rows)).reason == "fmt.quote"


def test_quote_that_closes_rows_later_swallows_no_rows(refused: Callable[..., FileRejected]) -> None:
    rows = ["npi,tin,provider_type,name,received_date", *(f"1234567893,06123456{i},group,Name,2025-01-01" for i in range(9))]
    rows[3] = rows[3].replace("Name", '"Name')
    rows[6] = rows[6].replace("Name", 'Name"')
    assert refused("\n".join(rows)).reason == "fmt.quote"


def test_scientific_ids(refused: Callable[..., FileRejected]) -> None:
    rows = lines(40).splitlines()
    for i in range(12, 23):
        rows[i] = rows[i].replace(f",M{i % 7},", ",1.23457E+11,")
    error = refused("\n".join(rows))
    assert (error.reason, str(error.place)) == ("id.scientific_share", "claims.csv:13")
    assert error.message == "(id.scientific_share) 11 of 40 values of member_id are in scientific notation: their digits are gone."


def test_ten_scientific_ids_are_quarantined(load: Callable[..., Any]) -> None:
    rows = lines(40).splitlines()
    for i in range(12, 22):
        rows[i] = rows[i].replace(f",M{i % 7},", ",1.23457E+11,")
    assert load(medical_claim="\n".join(rows)).reasons == dict.fromkeys(range(12, 22), "id.scientific")


@pytest.mark.parametrize("amount", ['"1.234,56"', '"1,234"', "1 234.56", '"$1,234.56"', "$12", "(123.45)", "123.45-", "123.45CR"])
def test_amounts_in_another_notation(refused: Callable[..., FileRejected], amount: str) -> None:
    rows = lines(20).splitlines()
    rows[7] = rows[7].replace("10.50", amount)
    error = refused("\n".join(rows))
    assert (error.reason, str(error.place)) == ("amt.format_share", "claims.csv:8")
    assert "1 of 20 values of paid_amount" in error.message


def test_one_odd_amount_in_thousands_is_quarantined(load: Callable[..., Any]) -> None:
    rows = lines(1001).splitlines()
    rows[7] = rows[7].replace("10.50", "$10.50")
    loaded = load(medical_claim="\n".join(rows))
    assert loaded.reasons == {7: "amt.format"}


def test_implied_decimals(refused: Callable[..., FileRejected]) -> None:
    assert refused(lines(5, paid_amount="0000012345")).reason == "amt.implied_share"


@pytest.mark.parametrize("other", ["03/04/2025", "4.3.2025", "2025/04/03", "03-APR-2025", "20250403"])
def test_mixed_dates(refused: Callable[..., FileRejected], other: str) -> None:
    rows = lines(6).splitlines()
    rows[4] = rows[4].replace("2025-01-10", other)
    error = refused("\n".join(rows))
    assert (error.reason, str(error.place)) == ("date.ambiguous", "claims.csv:5")


def test_dates_that_need_a_declared_format(refused: Callable[..., FileRejected]) -> None:
    error = refused(lines(3, claim_start_date="03/04/2025"))
    assert error.reason == "date.ambiguous"
    assert "day and month cannot be told" in error.message


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("03/04/2025", "mdy", date(2025, 3, 4)),
        ("03/04/2025", "dmy", date(2025, 4, 3)),
        ("2025/04/03", "ymd", date(2025, 4, 3)),
        ("03APR2025", "date9", date(2025, 4, 3)),
        ("3-Apr-2025", "dmony", date(2025, 4, 3)),
    ],
)
def test_declared_date_format(load: Callable[..., Any], text: str, form: str, day: date) -> None:
    loaded = load(medical_claim=lines(1, claim_start_date=text, received_date="2025-12-31"), options={"date_format": form})
    assert [line["line_start_date"] for line in loaded.lines] == [day]


def test_compact_dates_need_no_declaration(load: Callable[..., Any]) -> None:
    assert [line["line_start_date"] for line in load(medical_claim=lines(2, claim_start_date="20250110")).lines] == [date(2025, 1, 10)] * 2


def test_ids_that_all_end_in_point_zero_are_repaired(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=lines(3, billing_tin="261234567.0"))
    assert [line["billing_tin"] for line in loaded.lines] == ["261234567"] * 3
    assert loaded.findings == {("id.float_suffix", "billing_tin"): 3}


def test_rows_without_any_date_need_a_received_date(refused: Callable[..., FileRejected], ws: Workspace, tmp_path: Path) -> None:
    error = refused(lines(3, received_date=""))
    assert (error.reason, error.code) == ("date.received_missing", "TRU-I024")
    assert error.next_step == "Give the day the files came: `--received YYYY-MM-DD`."
    result = load_files(ws, [tmp_path / "claims.csv"], received=date(2025, 3, 1))
    known = duckdb.sql(f"SELECT DISTINCT known_date, received_date FROM '{result.folder}/claim_lines.parquet'").fetchall()
    assert known == [(date(2025, 3, 1), None)]


def test_a_file_that_fails_throughout_is_refused(refused: Callable[..., FileRejected]) -> None:
    error = refused(lines(101, claim_start_date="2025-13-01"))
    assert (error.reason, str(error.place)) == ("fmt.row_failures", "claims.csv:2")
    assert "101 of 101 rows cannot be trusted; most often date.invalid in claim_start_date" in error.message


def test_a_hundred_failing_rows_are_only_quarantined(load: Callable[..., Any]) -> None:
    assert len(load(medical_claim=lines(100, claim_start_date="2025-13-01")).reasons) == 100


def test_empty_files_are_said_and_nothing_else(load: Callable[..., Any]) -> None:
    loaded = load(
        medical_claim=lines(2), eligibility="", pharmacy_claim="claim_id,claim_line_number,member_id,dispensing_date,ndc_code,paid_amount\n"
    )
    assert loaded.result.unrecognized == [("eligibility.csv", "the file has no bytes")]
    assert loaded.findings[("fmt.empty", "")] == 0
    assert [a.rows_read for a in loaded.result.accounts] == [2, 0]


def test_columns_in_another_order_and_case_and_unknown_ones(load: Callable[..., Any]) -> None:
    table = "Favorite Color, PAID_AMOUNT,Member ID,claim_type,claim_line_number,claim_id,claim_start_date,received_date\n"
    loaded = load(medical_claim=table + "blue,7.25,M1,professional,1,C1,2025-01-10,2025-02-01\n")
    assert [(line["paid_cents"], line["member_id"]) for line in loaded.lines] == [(725, "M1")]
    assert loaded.findings == {("fmt.unknown_column", "favorite_color"): 1, ("id.tin_missing", "billing_tin"): 1}


def test_a_medical_table_without_version_columns_has_lost_its_versions(load: Callable[..., Any]) -> None:
    loaded = load(medical_claim=lines(1))
    assert loaded.result.versions_lost is True
    assert [(line["has_version_columns"], line["version_id"]) for line in loaded.lines] == [(False, "C1:1:original")]
    assert str(loaded.result).endswith("taken as final action, versions lost.")


def test_tables_are_recognized_by_header_and_others_listed(load: Callable[..., Any]) -> None:
    loaded = load(eligibility=lines(1), notes="a,b\n1,2\n")
    assert [(a.table, a.source_file) for a in loaded.result.accounts] == [("medical_claim", "eligibility.csv")]
    assert loaded.result.unrecognized == [("notes.csv", "no input table has these 2 columns")]
    assert [(f.source_file, f.code) for f in loaded.result.findings] == [("notes.csv", "fmt.unrecognized")]


def test_parquet_with_typed_columns(ws: Workspace, tmp_path: Path) -> None:
    table = pa.table(
        {
            "claim_id": pa.array([11, 12, 13, 14], pa.int64()),
            "claim_line_number": pa.array([1, 1, 1, 1], pa.int8()),
            "claim_type": ["professional"] * 4,
            "member_id": pa.array([100200300.0, 100200301.0, 100200302.0, 100200303.0]),
            "claim_start_date": pa.array([date(2025, 1, 10)] * 4),
            "received_date": ["2025-02-01"] * 4,
            "paid_amount": pa.array([0.1 + 0.2, 1234.56, 12.345, float("nan")]),
            "allowed_amount": pa.array(["10.5000", "7.0000", "1.0000", "2.0000"]).cast(pa.decimal128(18, 4)),
            "charge_amount": pa.array([1, 2, 3, None], pa.int32()),
        }
    )
    path = tmp_path / "claims.parquet"
    pq.write_table(table, path)
    result = load_files(ws, [path])
    kept = duckdb.sql(
        "SELECT claim_id, member_id, paid_cents, allowed_cents, charge_cents, line_start_date "
        f"FROM '{result.folder}/claim_lines.parquet' ORDER BY 1"
    ).fetchall()
    assert kept == [
        ("11", "100200300", 30, 1050, 100, date(2025, 1, 10)),
        ("12", "100200301", 123456, 700, 200, date(2025, 1, 10)),
    ]
    assert result.quarantined == {("medical_claim", "amt.not_number"): 1, ("medical_claim", "amt.precision"): 1}
    assert {(f.code, f.column): f.rows for f in result.findings if f.code == "amt.binary_float"} == {("amt.binary_float", "paid_amount"): 4}


def test_binary_amount_at_the_millionth_of_a_cent(ws: Workspace, tmp_path: Path) -> None:
    amounts = [1.0, 1.00000001, 1.000000011]
    path = tmp_path / "made.parquet"
    columns = {"program": ["p"] * 3, "payment_id": ["A", "B", "C"], "member_id": ["M"] * 3, "period_start_date": ["2025-01-01"] * 3}
    pq.write_table(
        pa.table({**columns, "purpose": ["case_rate"] * 3, "amount": pa.array(amounts), "received_date": ["2025-01-01"] * 3}), path
    )
    result = load_files(ws, [path])
    assert duckdb.sql(f"SELECT payment_id, amount_cents FROM '{result.folder}/payments_made.parquet' ORDER BY 1").fetchall() == [
        ("A", 100),
        ("B", 100),
    ]
    assert result.quarantined == {("payments_made", "amt.precision"): 1}


def test_damaged_parquet(refused: Callable[..., FileRejected]) -> None:
    assert refused(b"PAR1 and then nothing", name="claims.parquet").reason == "fmt.parquet"


def test_parquet_with_nested_values(ws: Workspace, tmp_path: Path) -> None:
    columns = {c: ["x"] for c in HEADER.split(",")}
    path = tmp_path / "claims.parquet"
    pq.write_table(pa.table({**columns, "member_id": pa.array([["M1"]])}), path)
    with pytest.raises(FileRejected, match=r"Column member_id is VARCHAR\[\]") as caught:
        load_files(ws, [path])
    assert caught.value.reason == "fmt.column_type"


def test_gzip_in_several_members(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv.gz"
    first, second = lines(4).encode()[:150], lines(4).encode()[150:]
    path.write_bytes(gzip.compress(first) + gzip.compress(second))
    assert load_files(ws, [path]).accounts[0].rows_canonical == 4


def test_names_with_patterns_and_quotes_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] *folder?"
    folder.mkdir()
    ws = Workspace.create(folder / "ws", key="test")
    (folder / "claims[1].csv").write_text(lines(2), encoding="utf-8")
    (folder / "claims1.csv").write_text("not,this\n1,2\n", encoding="utf-8")
    assert load_files(ws, [folder / "claims[1].csv"]).accounts[0].rows_canonical == 2


def test_options_that_make_no_sense(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(lines(1), encoding="utf-8")
    for options in ({"delimiter": "||"}, {"encoding": "klingon"}, {"date_format": "guess"}):
        with pytest.raises(UsageError) as caught:
            load_files(ws, [path], **options)
        assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match="is not a file that can be read"):
        load_files(ws, [tmp_path / "absent.csv"])
