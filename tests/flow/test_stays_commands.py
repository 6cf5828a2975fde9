"""Tiers from the command line: reports of the year to date, a freeze that is refused too early, a price set, and the add-ons it pays."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from flow.harness import posted, trueup, well

PROGRAM = "ct-peds-psych"
ONE, TWO = "1234567893", "1356781231"
WORDS = ("--assume", "illustrative")
COLUMNS = (
    "claim_id", "claim_line_number", "claim_type", "member_id", "bill_type_code", "claim_start_date", "claim_end_date", "admission_date",
    "discharge_date", "discharge_disposition_code", "revenue_center_code", "diagnosis_code_type", "diagnosis_code_1", "facility_npi",
    "paid_amount", "received_date", "hcpcs_code", "place_of_service_code",
)  # fmt: skip


def stay(n: int, facility: str, start: date, days: int) -> dict[str, str]:
    end = start + timedelta(days=days)
    return {
        "claim_id": f"C{n}", "claim_line_number": "1", "claim_type": "institutional", "member_id": f"M{n}", "bill_type_code": "111",
        "claim_start_date": str(start), "claim_end_date": str(end), "admission_date": str(start), "discharge_date": str(end),
        "discharge_disposition_code": "01", "revenue_center_code": "0124", "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "F322",
        "facility_npi": facility, "paid_amount": "5000.00", "received_date": str(end + timedelta(days=20)),
    }  # fmt: skip


def visit(n: int, day: date) -> dict[str, str]:
    return {
        "claim_id": f"V{n}", "claim_line_number": "1", "claim_type": "professional", "member_id": f"M{n}", "claim_start_date": str(day),
        "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "F322", "paid_amount": "90.00", "hcpcs_code": "90834",
        "place_of_service_code": "11", "received_date": str(day + timedelta(days=20)),
    }  # fmt: skip


def write(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.DictWriter(file, columns)
        sheet.writeheader()
        sheet.writerows(rows)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Thirty stays of each hospital in 2025, followed up where it is hospital one, and one stay of each across the new year of 2027."""
    claims: list[dict[str, str]] = []
    for n in range(60):
        facility, start = (ONE, TWO)[n % 2], date(2025, 1, 5) + timedelta(days=5 * n)
        claims.append(stay(n, facility, start, 9 if facility == ONE else 12))
        if facility == ONE:
            claims.append(visit(n, start + timedelta(days=12)))
    claims += [stay(60 + n, facility, date(2026, 12, 28), 9) for n, facility in enumerate((ONE, TWO))]
    write(tmp_path / "claims.csv", COLUMNS, claims)
    cover = [
        {"member_id": f"M{n}", "birth_date": "2012-06-15", "enrollment_start_date": "2020-01-01", "enrollment_end_date": "2030-12-31"}
        for n in range(62)
    ]
    write(tmp_path / "eligibility.csv", ("member_id", "birth_date", "enrollment_start_date", "enrollment_end_date"), cover)
    classes = [
        {"program": PROGRAM, "facility_id": f, "hospital_class": "general", "peer_group": "general", "election": "enrolled",
         "effective_from": "2026-11-01", "effective_to": ""}
        for f in (ONE, TWO)
    ]  # fmt: skip
    write(
        tmp_path / "hospitals.csv",
        ("program", "facility_id", "hospital_class", "peer_group", "election", "effective_from", "effective_to"),
        classes,
    )
    folder = tmp_path / "ws"
    well(trueup("init", folder))
    files = [tmp_path / f"{name}.csv" for name in ("claims", "eligibility", "hospitals")]
    well(trueup("load", *files, "--workspace", folder, "--received", "2025-01-01"))
    return folder


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    (path,) = folder.glob(f"**/{table}.parquet")
    return pq.read_table(path).to_pylist()


def newest(workspace: Path) -> Path:
    return max((workspace / "runs").glob(f"*/{PROGRAM}"), key=lambda p: p.stat().st_mtime_ns)


def test_a_report_of_the_year_to_date_fixes_no_tier(workspace: Path) -> None:
    done = trueup("run", PROGRAM, "--workspace", workspace, "--as-of", "2025-10-01", *WORDS)
    assert done.code == 0, done.err
    folder = newest(workspace)
    assert "year to date and fix no tier" in (folder / "manifest.json").read_text(encoding="utf-8")
    found = {(r["entity_id"], r["measure_id"]): r for r in rows(folder, "measure_rates")}
    assert found[ONE, "stay_length_mean"]["denominator"] == 25
    assert found[ONE, "readmission_30_ipf_form"]["denominator"] == 24
    assert not list(folder.glob("tiers.parquet"))
    early = trueup("price", PROGRAM, "--workspace", workspace, "--as-of", "2026-04-29", *WORDS)
    assert early.code == 1
    assert "TRU-P100" in early.text


def test_a_frozen_tier_pays_and_no_later_run_changes_it(workspace: Path) -> None:
    well(trueup("price", PROGRAM, "--workspace", workspace, "--as-of", "2026-04-30", *WORDS))
    (folder,) = [p for p in (workspace / "prices").iterdir() if p.is_dir()]
    before = {p.name: p.read_bytes() for p in folder.glob("*.parquet")}
    tiers = {r["entity_id"]: (r["tier"], r["fallback_reason"]) for r in rows(folder, "tiers")}
    assert tiers == {ONE: ("tier_3", ""), TWO: ("tier_1", "")}
    well(trueup("price", PROGRAM, "--workspace", workspace, "--final", folder.name, *WORDS))
    well(trueup("run", PROGRAM, "--workspace", workspace, "--as-of", "2027-03-31", "--prices", folder.name, *WORDS))
    paid = {(r["entity_id"], r["purpose"]): r["amount_cents"] for r in rows(newest(workspace), "payments") if r["cycle_month"] == "2027-01"}
    assert paid == {(ONE, "tier_add_on"): 90_000, (TWO, "tier_add_on"): 45_000}
    assert {p.name: p.read_bytes() for p in folder.glob("*.parquet")} == before
    pay = ("pay", PROGRAM, "--workspace", workspace, "--month", "2027-01", *WORDS)
    assert trueup(*pay).code == 2  # no price set is named
    # 30 x 9 and 30 x 12 days of 2025 at the interim 50.00, and nine days at 100.00 and at 50.00 by tier: all that nobody has booked yet
    assert "62 differences from what is booked, 32850.00 in all" in well(trueup(*pay, "--prices", folder.name)).out
    made = well(trueup(*pay, "--prices", folder.name, "--post", "--actor", "Ann"))
    well(trueup("approve", posted(made.text), "--workspace", workspace, "--actor", "Ben"))
    balances = " ".join(well(trueup("ledger", "balances", "--workspace", workspace)).out.split())
    assert "expense:tier_add_on" in balances
    assert "1350.00" in balances
    assert "31500.00" in balances
    again = trueup("price", PROGRAM, "--workspace", workspace, "--as-of", "2026-04-30", *WORDS)
    assert folder.name in again.text
