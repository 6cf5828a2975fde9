"""Both tracks with the commands people use: claims in, a price set for shared savings, settlements of every contract, tables on disk."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from flow.harness import trueup, well

Row = dict[str, Any]
P4P, SSP = "ct-sim-p4p", "ct-sim-ssp"
GROUPS = {"060000001": "1000000004", "060000002": "1000000012"}
PAYERS = {"Medicaid": "medicaid", "Harbor Health": "harbor"}
REPORTED = ("access_to_care", "provider_communication", "social_needs_screening")
KNOWN = "2024-12-01"


def write(folder: Path, name: str, rows: list[Row]) -> None:
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        out.writeheader()
        out.writerows(rows)


def claim(number: int, member: str, day: date, amount: str, group: str | None) -> Row:
    dates = dict.fromkeys(("claim_start_date", "claim_end_date", "claim_line_start_date", "claim_line_end_date"), day)
    paid = {"paid_amount": amount, "allowed_amount": amount, "paid_date": day + timedelta(days=20), "claim_status": "paid"}
    row = {"claim_id": f"K{number}", "claim_line_number": 1, "member_id": member, **dates, **paid}
    if group is None:
        return {**row, "claim_type": "institutional", "bill_type_code": "131", "billing_tin": "060000009"}
    return {**row, "claim_type": "professional", "hcpcs_code": "99213", "rendering_npi": GROUPS[group], "billing_tin": group}


def contract(program: str, group: str, payer: str, terms: str, start: str, end: str = "") -> Row:
    return {
        "program": program, "contract_id": f"{program[-3:]}-{group[-1]}-{terms}", "payer": payer, "entity_id": group, "terms_id": terms,
        "track": program[-3:], "effective_from": start, "effective_to": end, "decided_by": "payer", "decided_on": "2024-11-01",
        "evidence": "panel and care team reviewed", "panel_size": 200, "received_date": KNOWN,
    }  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 members of two groups and two payers, dearer in the base than in the period; one practice moves to shared savings in July."""
    home = tmp_path_factory.mktemp("panels")
    files, rng, claims, members = home / "files", Random(7), list[Row](), list[Row]()
    files.mkdir()
    for n in range(400):
        member, group, payer = f"M{n:03d}", list(GROUPS)[n % 2], list(PAYERS)[n // 2 % 2]
        members.append(
            {
                "member_id": member, "person_id": member, "payer": payer, "plan": "a", "gender": "female", "birth_date": "1970-05-05",
                "enrollment_start_date": "2024-01-01", "enrollment_end_date": "2025-12-31", "received_date": KNOWN,
            }
        )  # fmt: skip
        for year, amount in ((2024, "1000.00"), (2025, "900.00")):
            claims.append(claim(len(claims), member, date(year, rng.randint(1, 12), 10), "100.00", group))
            claims.append(claim(len(claims), member, date(year, rng.randint(1, 12), 20), amount, None))
    write(files, "eligibility", members)
    write(files, "medical_claim", claims)
    write(
        files,
        "contracts",
        [
            contract(SSP, "060000001", "Medicaid", "medicaid", "2025-01-01"),
            contract(SSP, "060000002", "Medicaid", "medicaid", "2025-07-01"),
            contract(P4P, "060000002", "Medicaid", "harbor", "2024-01-01", "2025-07-01"),
            contract(P4P, "060000001", "Harbor Health", "harbor", "2024-01-01"),
        ],
    )
    write(
        files,
        "measure_submissions",
        [
            {
                "program": program, "entity_id": group, "period": "PY1", "measure_id": measure, "submission_id": f"{group}-{measure}",
                "numerator": 80, "denominator": 100, "received_date": "2026-02-01", "record_type": "original", "attested_by": "an officer",
            }
            for program in (P4P, SSP) for group in GROUPS for measure in REPORTED
        ],
    )  # fmt: skip
    gates = [
        {"program": SSP, "entity_id": group, "period": "PY1", "gate": gate, "passed": "true", "received_date": "2026-03-01"}
        for group in GROUPS for gate in ("under_service", "quality")
    ]  # fmt: skip
    write(files, "gate_results", gates)
    well(trueup("init", home / "ws"))
    well(trueup("load", *sorted(files.glob("*.csv")), "--received", "2026-04-01", "--workspace", home / "ws"))
    return home / "ws"


def table(folder: Path, name: str) -> list[Row]:
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def run_folder(workspace: Path, program: str, as_of: str) -> Path:
    found = [f for f in (workspace / "runs").glob(f"*/{program}") if f'"{as_of}"' in (f / "manifest.json").read_text()]
    assert len(found) == 1
    return found[0]


def test_shared_savings_from_claims(workspace: Path) -> None:
    """Benchmarks at the run-out of the base, then a settlement at the same run-out of the period."""
    well(trueup("price", SSP, "--assume", "illustrative", "--as-of", "2025-10-01", "--workspace", workspace))
    (price_set,) = (f.name for f in (workspace / "prices").iterdir() if not f.name.startswith("."))
    well(trueup("price", SSP, "--final", price_set, "--workspace", workspace))
    prices = {r["cohort"]: r for r in pq.read_table(workspace / "prices" / price_set / "prices.parquet").to_pylist()}
    assert {c: (r["price"], r["amount_cents"], str(r["effective_from"])) for c, r in prices.items()} == {
        "ssp-1-medicaid": ("benchmark_pmpm", 9442, "2025-01-01"),
        "ssp-2-medicaid": ("benchmark_pmpm", 9442, "2025-07-01"),
    }
    done = trueup("settle", SSP, "--assume", "illustrative", "--prices", price_set, "--as-of", "2026-10-01", "--workspace", workspace)
    assert done.code == 0, done.text
    folder = run_folder(workspace, SSP, "2026-10-01")
    (first, second) = table(folder, "settlements")
    assert (first["cohort"], first["unit_count"], first["expected_amount_cents"], first["actual_amount_cents"]) == (
        "ssp-1-medicaid", 100, 11_330_400, 10_000_000,
    )  # fmt: skip
    assert (second["cohort"], second["expected_amount_cents"]) == ("ssp-2-medicaid", 5_665_200)
    (pool,) = table(folder, "settlement_pools")
    shares = table(folder, "pool_shares")
    assert pool["individual_cents"] + pool["paid_cents"] + pool["undistributed_cents"] == sum(r["potential_cents"] for r in shares)
    assert first["amount_cents"] + second["amount_cents"] == pool["individual_cents"] + pool["paid_cents"]
    (move,) = table(folder, "track_moves")
    assert (move["entity_id"], move["payer"], str(move["moved_on"])) == ("060000002", "Medicaid", "2025-07-01")
    payments = table(folder, "payments")
    assert {(r["entity_id"], r["amount_cents"], r["purpose"]) for r in payments} == {
        ("060000001", 45_000, "member_fee"),
        ("060000002", 45_000, "member_fee"),
    }
    assert len(payments) == 12 + 6
    assert well(trueup("verify", "--workspace", workspace)).code == 0


def test_bonuses_from_the_same_claims(workspace: Path) -> None:
    """Pay for performance needs no prices; the contract under another payer's terms is refused, in words."""
    done = trueup("settle", P4P, "--assume", "illustrative", "--as-of", "2026-10-01", "--workspace", workspace)
    assert done.code == 1
    assert "TRU-S134 060000002 PY1 p4p-2-harbor" in done.text
    folder = run_folder(workspace, P4P, "2026-10-01")
    rows = table(folder, "settlements")
    assert [r["cohort"] for r in rows] == ["p4p-1-harbor"]
    steps = {s["name"]: s["amount"] for s in table(folder, "settlement_steps")}
    assert Decimal(steps["bonus"]) == Decimal("2.50") * 1200 * Decimal(steps["score"])
    assert {r["terms_id"] for r in table(folder, "payer_contracts")} == {"harbor", "summit", "valley"}
