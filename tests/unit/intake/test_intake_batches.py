"""Batches: what identifies them, what is not loaded twice, and that neither order nor splitting of files matters."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.claims.intake import load_files, load_rows
from trueup.claims.reasons import REASONS, FileRejected
from trueup.errors import IntakeError
from trueup.workspace import Workspace

HEADER = "claim_id,claim_line_number,version_seq,claim_type,member_id,claim_start_date,received_date,paid_amount,billing_tin\n"


def text(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def line(claim: str, paid: str = "10.00", number: str = "1", member: str = "M1") -> str:
    return f"{claim},{number},1,professional,{member},2025-01-10,2025-02-01,{paid},061234567"


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def canonical(result_folder: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM '{result_folder}/claim_lines.parquet' ORDER BY ALL").fetchall()


def test_the_same_file_twice_is_a_no_op(ws: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "claims.csv", text(line("C1")))
    first = load_files(ws, [path])
    again = load_files(ws, [path])
    renamed = load_files(ws, [write(tmp_path / "other.csv", text(line("C1")))])
    assert (again.batch_id, again.already_loaded) == (None, [("claims.csv", first.batch_id)])
    assert (renamed.batch_id, renamed.already_loaded) == (None, [("other.csv", first.batch_id)])
    assert [b.id for b in ws.batches()] == [first.batch_id]
    assert str(again) == f"Nothing new to load.\n  claims.csv is loaded already, in batch {first.batch_id} (dup.file)"


def test_a_loaded_file_beside_a_new_one(ws: Workspace, tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.csv", text(line("C1"))), write(tmp_path / "new.csv", text(line("C2")))
    first = load_files(ws, [old])
    second = load_files(ws, [old, new])
    assert second.already_loaded == [("old.csv", first.batch_id)]
    assert second.folder is not None
    assert canonical(second.folder, "claim_id") == [("C2",)]
    assert [(f.source_file, f.code) for f in second.findings] == [("old.csv", "dup.file")]


def test_one_content_under_two_names_in_one_load_counts_once(ws: Workspace, tmp_path: Path) -> None:
    paths = [write(tmp_path / name, text(line("C1"))) for name in ("a.csv", "b.csv")]
    result = load_files(ws, paths)
    assert [a.source_file for a in result.accounts] == ["a.csv"]
    assert result.already_loaded == [("b.csv", "this one")]


def test_a_known_name_with_new_content_stops(ws: Workspace, tmp_path: Path) -> None:
    first = load_files(ws, [write(tmp_path / "claims.csv", text(line("C1")))])
    with pytest.raises(FileRejected) as caught:
        load_files(ws, [write(tmp_path / "claims.csv", text(line("C1", "11.00")))])
    assert caught.value.reason == "dup.name_new_content"
    assert [b.id for b in ws.batches()] == [first.batch_id]


def test_batch_id_is_contents_and_options_and_nothing_else(tmp_path: Path) -> None:
    contents = {"a.csv": text(line("C1")), "b.csv": text(line("C2"))}
    ids: list[str | None] = []
    for nth, names in enumerate((["a.csv", "b.csv"], ["b.csv", "a.csv"])):
        ws = Workspace.create(tmp_path / f"ws{nth}", key=f"key{nth}")
        ids.append(load_files(ws, [write(tmp_path / f"in{nth}" / n, contents[n]) for n in names]).batch_id)
    options = {"always_known": False, "date_format": None, "delimiter": None, "encoding": None, "received": None}
    parts = [*sorted(hashlib.sha256(c.encode()).hexdigest() for c in contents.values()), json.dumps(options)]
    assert ids == [hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]] * 2
    other = Workspace.create(tmp_path / "ws3", key="k")
    assert load_files(other, [tmp_path / "in0" / "a.csv", tmp_path / "in0" / "b.csv"], received=date(2025, 3, 1)).batch_id not in ids


def test_a_reload_elsewhere_is_byte_identical(tmp_path: Path) -> None:
    rows = [line(f"C{i}", f"{i}.5", member=f"M{i % 13}") for i in range(500)]
    bytes_of: list[dict[str, bytes]] = []
    for nth in range(2):
        ws = Workspace.create(tmp_path / f"ws{nth}", key="k")
        folder = load_files(ws, [write(tmp_path / f"in{nth}" / "claims.csv", text(*rows))]).folder
        assert folder is not None
        bytes_of.append({p.name: p.read_bytes() for p in folder.glob("*.parquet")})
    assert bytes_of[0] == bytes_of[1]
    assert sorted(bytes_of[0]) == ["claim_lines.parquet", "repeated_versions.parquet"]


def test_manifest_says_what_the_batch_is(ws: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "claims.csv", text(line("C1", "10.00"), line("C2", "5.555"), line("C3", "1.01")))
    result = load_files(ws, [path], received=date(2025, 3, 1))
    (batch,) = ws.batches()
    assert batch.id == batch.manifest["batch_id"] == result.batch_id
    assert batch.manifest["options"]["received"] == "2025-03-01"
    (file,) = batch.manifest["files"]
    assert (file["source_file"], file["table"], file["rows"]) == ("claims.csv", "medical_claim", 3)
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert batch.manifest["accounting"] == [
        {
            "table": "medical_claim",
            "source_file": "claims.csv",
            "rows_read": 3,
            "rows_canonical": 2,
            "rows_quarantined": 1,
            "cents_read": 1101,
            "cents_canonical": 1101,
            "cents_quarantined": 0,
            "unparsed": 1,
        }
    ]
    assert batch.manifest["quarantined"] == [{"table": "medical_claim", "reason": "amt.precision", "rows": 1}]
    assert {name: table["rows"] for name, table in batch.manifest["tables"].items()} == {"claim_lines": 2, "quarantined_rows": 1}
    assert str(tmp_path) not in (batch.path / "manifest.json").read_text(encoding="utf-8")


def test_two_folders_may_use_one_file_name(ws: Workspace, tmp_path: Path) -> None:
    paths = [write(tmp_path / month / "claims.csv", text(line(f"C-{month}"))) for month in ("jan", "feb")]
    result = load_files(ws, paths)
    assert result.folder is not None
    assert canonical(result.folder, "source_file, claim_id") == [("feb/claims.csv", "C-feb"), ("jan/claims.csv", "C-jan")]


def test_lines_are_clustered_by_member(ws: Workspace, tmp_path: Path) -> None:
    rows = [line(f"C{i}", member=f"M{i * 7 % 10}") for i in range(100)]
    result = load_files(ws, [write(tmp_path / "claims.csv", text(*rows))])
    found = duckdb.sql(f"SELECT member_id, source_row FROM '{result.folder}/claim_lines.parquet'").fetchall()
    assert found == sorted(found)


CELLS = {
    "claim": st.sampled_from(["C1", "C2", "C3", "1.5E+3", ""]),
    "number": st.sampled_from(["1", "2", "x"]),
    "paid": st.sampled_from(["10.00", "0", "7.5", "1.005", "", "-3", "oops"]),
    "member": st.sampled_from(["M1", "M2", " M1 "]),
}


@settings(max_examples=10)
@given(rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12), seed=st.integers(0, 99))
def test_rows_and_cents_are_conserved_in_any_order(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], seed: int) -> None:
    lines = [line("G1"), line("G2"), line("G3", "2.25"), line("G4"), line("G5"), *(line(**row) for row in rows)]
    shuffled = random.Random(seed).sample(lines, len(lines))
    kept: list[list[tuple[Any, ...]]] = []
    for order in (lines, shuffled):
        folder = tmp_path_factory.mktemp("conserved")
        result = load_files(Workspace.create(folder / "ws", key="k"), [write(folder / "claims.csv", text(*order))])
        (account,) = result.accounts
        assert account.rows_read == len(lines) == account.rows_canonical + account.rows_quarantined
        assert account.cents_read == account.cents_canonical + account.cents_quarantined
        assert account.rows_quarantined == sum(result.quarantined.values())
        assert result.folder is not None
        kept.append(canonical(result.folder, "version_id, claim_line_number, member_id, paid_cents, row_hash"))
    assert kept[0] == kept[1]


def test_case_rows_take_the_defaults_of_cases(tmp_path: Path) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "medical_claim": [
            {
                "claim_id": "C1",
                "member_id": "M1",
                "claim_type": "professional",
                "claim_start_date": date(2025, 1, 10),
                "allowed_amount": "7.00",
            },
            {"claim_id": "C2", "member_id": "M1", "claim_start_date": "2025-01-11", "paid_amount": "", "claim_line_number": 2},
        ],
        "eligibility": [{"member_id": "M1", "birth_date": "1995-05-05"}],
        "provider": [],
    }
    folder = load_rows(rows, tmp_path / "case")
    assert sorted(p.name for p in folder.iterdir()) == [
        "claim_lines.parquet",
        "eligibility.parquet",
        "findings.parquet",
        "quarantined_rows.parquet",
        "repeated_versions.parquet",
    ]
    columns = "version_id, claim_line_number, claim_status, paid_cents, allowed_cents, known_date, line_end_date, has_version_columns"
    assert canonical(folder, columns) == [("C1:1:original", 1, "paid", None, 700, None, date(2025, 1, 10), True)]
    assert duckdb.sql(f"SELECT source_row, reason_code FROM '{folder}/quarantined_rows.parquet'").fetchall() == [(2, "amt.not_number")]
    member = duckdb.sql(
        f"SELECT person_id, enrollment_start_date, enrollment_end_date, known_date FROM '{folder}/eligibility.parquet'"
    ).fetchall()
    assert member == [("M1", date(1900, 1, 1), date(9999, 12, 31), None)]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"medical_claims": [{}]}, "TRU-I030 medical_claims medical_claims is not an input table. Did you mean medical_claim?"),
        (
            {"provider": [{"npi": "1", "provider_typ": "x"}]},
            "TRU-I031 provider provider has no column provider_typ. Did you mean provider_type?",
        ),
    ],
)
def test_case_rows_of_unknown_tables_or_columns(tmp_path: Path, tables: dict[str, list[dict[str, object]]], message: str) -> None:
    with pytest.raises(IntakeError) as caught:
        load_rows(tables, tmp_path / "case")
    assert str(caught.value) == message


def test_every_reason_in_the_sql_is_explained(root: Path) -> None:
    steps = (root / "src" / "trueup" / "claims" / "intake_sql").glob("*.sql")
    used = {code for step in steps for code in re.findall(r"'([a-z]+\.[a-z_]+|non_claim)\|?[a-z_]*'", step.read_text(encoding="utf-8"))}
    assert used - REASONS.keys() == set()
    assert len(used) > 50
    refusals = [r.error for r in REASONS.values() if r.disposition == "RF"]
    assert len(refusals) == len(set(refusals)) == sum(1 for r in REASONS.values() if r.error)


def test_a_public_deck_loads_whole(ws: Workspace, shared_data: Path) -> None:
    folder = shared_data / "claims" / "tuva_layout_200_deliveries"
    result = load_files(ws, sorted(folder.glob("*.csv")), received=date(2025, 1, 1))
    assert [(a.table, a.rows_read, a.rows_quarantined, a.cents_canonical) for a in result.accounts] == [
        ("eligibility", 200, 0, 0),
        ("medical_claim", 1800, 0, 171_200_000),
    ]
    assert [name for name, _ in result.unrecognized] == ["tuva_core_encounter.csv", "tuva_pmpm_payer.csv"]
    assert {f.code: f.rows for f in result.findings if f.table} == {"id.tin_missing": 1800}
    assert (result.versions_lost, result.quarantined) == (True, {})


def test_ids_never_reach_a_message(load: Callable[..., Any]) -> None:
    rows = HEADER + "".join(f"C{i},1,1,professional,1.23E+{i},2025-01-10,2025-02-01,1.00,061234567\n" for i in range(10, 40))
    with pytest.raises(FileRejected) as caught:
        load(medical_claim=rows)
    assert "1.23E" not in str(caught.value)
