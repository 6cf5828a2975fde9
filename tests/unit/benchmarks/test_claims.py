"""Invented claims of benchmarks: the same for a seed, loaded without a row set aside, and shaped as they say."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import claims
import duckdb
import pytest

from trueup.claims.intake import load_files
from trueup.workspace import Workspace

SHAPE = claims.Shape(20_000)


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask about the claim lines `c` of a set."""
    con = duckdb.connect()
    try:
        con.execute(f"CREATE VIEW c AS FROM read_parquet('{folder}/medical_claim.parquet', file_row_number = true)").fetchall()
        return con.execute(sql).fetchall()
    finally:
        con.close()


def value(folder: Path, sql: str) -> Any:
    return query(folder, sql)[0][0]


def hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*.parquet"))}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("claims")
    claims.generate(SHAPE, folder, csv=True)
    return folder


def test_a_seed_makes_the_same_bytes_and_another_seed_others(made: Path, tmp_path: Path) -> None:
    claims.generate(SHAPE, tmp_path / "again")
    claims.generate(replace(SHAPE, seed=2), tmp_path / "other")
    again, other = hashes(tmp_path / "again"), hashes(tmp_path / "other")
    assert again == hashes(made)
    assert other["medical_claim.parquet"] != again["medical_claim.parquet"]


def test_the_rows_do_not_depend_on_the_number_of_threads(made: Path, tmp_path: Path) -> None:
    claims.generate(SHAPE, tmp_path, threads=1, month=False)
    rows = "SELECT sum(hash(c)) FROM c"  # each row with its place in the file
    assert value(tmp_path, rows) == value(made, rows)


def test_nothing_is_quarantined_of_a_set_and_of_the_month_after_it(made: Path, tmp_path: Path) -> None:
    ws = Workspace.create(tmp_path / "ws", "benchmark")
    first = load_files(ws, sorted(made.glob("*.parquet")))
    second = load_files(ws, sorted((made / "month").glob("*.parquet")))
    assert (first.quarantined, second.quarantined) == ({}, {})
    assert {a.table for a in first.accounts} == set(claims.TABLES)
    assert {a.table for a in second.accounts} == {"medical_claim", "eligibility"}
    found = {f.code for f in (*first.findings, *second.findings)}
    assert found <= {"date.open_ended", "dup.similar_lines", "id.baby_on_mother"}


def test_a_csv_says_the_same_as_its_parquet_file(made: Path) -> None:
    con = duckdb.connect()
    same = "SELECT count(*), sum(CAST(paid_amount AS DECIMAL(14, 2))), count(DISTINCT claim_id), count(diagnosis_code_7) FROM"
    text = con.execute(f"{same} read_csv('{made}/csv/medical_claim.csv', all_varchar = true)").fetchall()
    assert text == con.execute(f"{same} read_parquet('{made}/medical_claim.parquet')").fetchall()
    con.close()


def test_lines_stand_in_the_order_received_and_not_by_member(made: Path) -> None:
    earlier = "lag(received_date) OVER (ORDER BY file_row_number)"
    assert value(made, f"SELECT count(*) FROM (SELECT received_date < {earlier} AS is_back FROM c) WHERE is_back") == 0
    changes = "SELECT count(*) FROM (SELECT member_id <> lag(member_id) OVER (ORDER BY file_row_number) AS m FROM c) WHERE m"
    assert value(made, changes) > 4_000
    assert value(made, "SELECT count(*) FROM c WHERE received_date < claim_end_date") == 0


def test_counts_are_as_stated(made: Path) -> None:
    lines, members = query(made, "SELECT count(*), count(DISTINCT member_id) FILTER (starts_with(member_id, 'M')) FROM c")[0]
    assert 19_000 < lines < 21_000
    assert len(query(made, "DESCRIBE c")) == 85 + 1  # and the place in the file
    assert 380 < members <= 400
    version = "DISTINCT claim_id || version_seq || record_type"
    versions, replaced, voided, denied = query(
        made,
        f"SELECT count({version}), count({version}) FILTER (record_type = 'replacement'), count({version}) FILTER (record_type = 'void'), "
        f"count({version}) FILTER (claim_status = 'denied') FROM c",
    )[0]
    assert 2.8 < lines / versions < 3.3
    assert 0.02 < replaced / versions < 0.04
    assert 0.005 < voided / versions < 0.015
    assert 0.04 < denied / versions < 0.06
    copies = value(made, "SELECT count(*) - count(DISTINCT c) FROM (SELECT * EXCLUDE (file_row_number) FROM c) AS c")
    assert 5 < copies < 120
    chained = "SELECT count(*) FROM c AS a JOIN c AS b ON a.replaces_claim_id = b.claim_id WHERE a.version_seq = 3 AND b.version_seq = 2"
    assert value(made, chained) > 0


def test_one_member_in_44_gives_birth(made: Path) -> None:
    mothers = value(made, "SELECT count(DISTINCT member_id) FROM c WHERE drg_code IN ('805', '806', '807', '786', '787', '788')")
    assert 7 <= mothers <= 400 // 44 + 1
    without = """
        SELECT count(*) FROM c WHERE drg_code IN ('805', '806', '807', '786', '787', '788')
        AND (procedure_code_1 NOT IN ('10E0XZZ', '10D00Z1') OR NOT list_has_any(
            [diagnosis_code_1, diagnosis_code_2, diagnosis_code_3], ['Z370', 'Z371', 'Z372']))"""
    assert value(made, without) == 0
    assert value(made, "SELECT count(*) FROM c WHERE hcpcs_code IN ('59400', '59409', '59510', '59514')") >= 7


def test_ids_have_check_digits_and_amounts_are_exact(made: Path) -> None:
    assert value(made, r"SELECT count(*) FROM c WHERE NOT regexp_full_match(billing_tin, '07\d{7}')") == 0
    npis = query(
        made, "SELECT billing_npi FROM c UNION SELECT rendering_npi FROM c UNION SELECT coalesce(facility_npi, billing_npi) FROM c"
    )
    assert all(_checks(npi) for (npi,) in npis)
    types = {row[0]: row[1] for row in query(made, "DESCRIBE c")}
    assert {types[c] for c in ("paid_amount", "allowed_amount", "charge_amount")} == {"DECIMAL(14,2)"}
    assert value(made, "SELECT count(*) FROM c WHERE record_type <> 'void' AND (paid_amount < 0 OR paid_amount > allowed_amount)") == 0


def _checks(npi: str) -> bool:
    """Luhn over 80840 and the ten digits."""
    digits = [int(d) for d in "80840" + npi]
    return sum(d if n % 2 == 0 else d * 2 // 10 + d * 2 % 10 for n, d in enumerate(reversed(digits))) % 10 == 0


def test_one_practice_and_one_member_can_be_very_large(tmp_path: Path) -> None:
    claims.generate(replace(SHAPE, lines=10_000, large_practice=300, large_member=900), tmp_path, month=False)
    delivered = "FROM c WHERE hcpcs_code BETWEEN '59400' AND '59515'"
    births = f"SELECT billing_tin, count(DISTINCT member_id) AS n {delivered} GROUP BY ALL ORDER BY n DESC"
    tin, largest = query(tmp_path, births)[0]
    assert tin == "070000001"
    assert 230 < largest < 310  # some are born after the set ends, are denied or voided, or bill otherwise
    claims_of = "SELECT count(DISTINCT claim_id) AS n FROM c GROUP BY member_id ORDER BY n DESC"
    first, second = (row[0] for row in query(tmp_path, claims_of)[:2])
    assert 850 < first < 1_100
    assert second < 200


def test_practices_can_be_many_of_different_sizes(tmp_path: Path) -> None:
    claims.generate(replace(SHAPE, lines=10_000, large_practice=0, practices=40), tmp_path, month=False)
    con = duckdb.connect()
    tins, entities = con.execute(
        f"SELECT count(*), count(DISTINCT entity_id) FROM read_parquet('{tmp_path}/entity_crosswalk.parquet')"
    ).fetchall()[0]
    con.close()
    assert (tins, entities) == (40, 35)
