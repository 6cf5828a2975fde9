"""What benchmarks measure by: the columns of the bare scan, slopes, medians, and programs of the core job that agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import columns
import duckdb
import measure
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import report
from peers import DIAGNOSES, duckdb_core, pandas_core

from trueup.locations import programs_dir
from trueup.rules.load import load_program


def figure(lines: int, wall: float) -> measure.Figure:
    return measure.Figure("scan", lines, False, wall, wall, 100.0, {}, {}, [])


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_a_slope_is_the_exponent_of_growth(power: float) -> None:
    found = report.slope([figure(n, 3e-6 * n**power) for n in (1_000, 10_000, 100_000)], "wall")
    assert found == pytest.approx(power)


def test_one_size_has_no_slope() -> None:
    assert report.slope([figure(1_000, 1.0), figure(1_000, 1.1)], "wall") is None


def test_a_scan_reads_what_the_flow_reads_and_no_more() -> None:
    program = load_program(programs_dir(), "ct-husky-maternity", assumptions="illustrative")
    read = columns.columns_read(program)
    assert {"member_id", "hcpcs_code", "drg_code", "billing_tin", "line_start_date", "paid_cents", "known_date"} <= set(read)
    assert not {"charge_cents", "received_date", "adjudication_date", "rendering_tin"} & set(read)


def line(claim: str, number: int, day: date, dollars: str, tin: str, **more: Any) -> dict[str, Any]:
    return {
        "claim_id": claim, "version_seq": 1, "record_type": "original", "claim_line_number": number, "replaces_claim_id": None,
        "claim_status": "paid", "member_id": "M1", "claim_type": "professional", "claim_line_start_date": day, "bill_type_code": None,
        "drg_code": None, "hcpcs_code": None, "billing_tin": tin, "paid_amount": Decimal(dollars), **dict.fromkeys(DIAGNOSES), **more,
    }  # fmt: skip


def test_programs_of_the_core_job_find_what_is_found_by_hand(tmp_path: Path) -> None:
    """One birth on March 1. Practice 1 has two visits, practice 2 one visit and the delivery: equal in lines, so the dollars decide."""
    born = date(2025, 3, 1)
    rows = [
        line("A", 1, date(2024, 9, 1), "80.00", "070000001", hcpcs_code="99213"),
        line("A", 1, date(2024, 9, 1), "80.00", "070000001", hcpcs_code="99213"),  # sent twice
        line("B", 1, date(2024, 10, 1), "70.00", "070000001", hcpcs_code="99213"),
        line("B", 1, date(2024, 10, 1), "75.00", "070000001", hcpcs_code="99213", version_seq=2, record_type="replacement"),
        line("C", 1, date(2025, 1, 10), "60.00", "070000002", hcpcs_code="99214"),
        line("D", 1, born, "1000.01", "070000002", hcpcs_code="59400", diagnosis_code_9="Z370"),
        line("E", 1, date(2025, 2, 28), "7000.00", "071000000", claim_type="institutional", bill_type_code="111", drg_code="807"),
        line("F", 1, date(2025, 5, 29), "12.34", "073000000", claim_type="pharmacy"),  # 90 days after the first evidence
        line("G", 1, date(2025, 5, 30), "99.99", "073000000", claim_type="pharmacy"),
        line("H", 1, date(2025, 1, 1), "15.00", "072000000", hcpcs_code="80053"),
        line("I", 1, date(2025, 1, 1), "15.00", "072000000", hcpcs_code="80053"),
        line("J", 1, date(2025, 1, 1), "-15.00", "072000000", hcpcs_code="80053", record_type="void", replaces_claim_id="I"),
        line("K", 1, date(2025, 1, 2), "0.00", "070000001", hcpcs_code="99215", claim_status="denied"),
    ]
    path = tmp_path / "medical_claim.parquet"
    types = {"paid_amount": pa.decimal128(14, 2), "claim_line_start_date": pa.date32()}
    types |= {"version_seq": pa.int32(), "claim_line_number": pa.int32()}
    pq.write_table(pa.table({c: pa.array([r[c] for r in rows], types.get(c, pa.string())) for c in rows[0]}), path)
    # inpatient, outpatient, pharmacy, obstetrics, visits, laboratory, other; and the mean of one delivery is all of it
    expected = [("070000002", 1, 700_000, 0, 1_234, 100_001, 21_500, 1_500, 0, 824_235)]
    assert duckdb_core.core(path) == expected
    assert pandas_core.core(path) == expected


def test_programs_of_the_core_job_agree_on_invented_claims(tmp_path: Path) -> None:
    import claims

    claims.generate(claims.Shape(20_000), tmp_path, month=False)
    path = tmp_path / "medical_claim.parquet"
    found = duckdb_core.core(path)
    assert pandas_core.core(path) == found
    births = duckdb.sql(f"SELECT count(DISTINCT member_id) FROM '{path}' WHERE drg_code IN ('805', '806', '807', '786', '787', '788')")
    assert sum(int(row[1]) for row in found) >= births.fetchall()[0][0]
