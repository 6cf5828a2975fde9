"""Random histories of small panels, in the rows that intake reads."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
NPIS = ("1000000004", "1000000012", "1000000020", "1000000038")
TINS = ("060000001", "060000002", "060000003")
PAYERS = ("Harbor Health", "Medicaid", "Summit Plan")


def history(rng: Random) -> dict[str, list[Row]]:
    """Few members, providers, days and amounts, so that visits, days and dollars are often equal."""
    members = [f"M{n}" for n in range(1, rng.randint(2, 8))]
    days = [date(2024, 1, 1), date(2024, 6, 30), date(2024, 12, 31), date(2025, 1, 1), date(2025, 7, 1), date(2025, 12, 31)]
    claims: list[Row] = []
    for n in range(rng.randint(3, 40)):
        is_visit = rng.random() < 0.7
        amount = rng.choice(("100.00", "100.00", "100.01", "250.00", "40000.00", "99900.00"))
        day = rng.choice(days) + timedelta(days=rng.choice((0, 0, 1, 40)))
        row: Row = {
            "claim_id": f"K{n}", "member_id": rng.choice(members), "claim_start_date": day, "claim_end_date": day,
            "claim_line_start_date": day, "claim_line_end_date": day, "claim_line_number": 1, "claim_status": "paid",
            "record_type": "original", "version_seq": 1, "paid_amount": amount, "allowed_amount": amount,
        }  # fmt: skip
        if is_visit:
            row |= {"claim_type": "professional", "hcpcs_code": rng.choice(("99213", "99214")), "rendering_npi": rng.choice(NPIS)}
            row["billing_tin"] = rng.choice(TINS)
        else:
            row |= {"claim_type": "institutional", "bill_type_code": "131", "billing_tin": "060000009"}
        claims.append(row)
    eligibility: list[Row] = []
    for member in members:
        for _ in range(rng.randint(1, 2)):
            start = date(2024, rng.randint(1, 12), rng.choice((1, 2, 15)))
            eligibility.append(
                {
                    "member_id": member, "person_id": member, "payer": rng.choice(PAYERS), "enrollment_start_date": start,
                    "enrollment_end_date": start + timedelta(days=rng.randint(20, 700)),
                }
            )  # fmt: skip
    contracts: list[Row] = []
    for tin in TINS:
        for payer in PAYERS:
            if rng.random() < 0.6:
                begins = date(2025, rng.choice((1, 4, 7)), 1)
                row = {
                    "program": "ct-sim-ssp", "contract_id": f"C-{tin[-1]}-{payer[0]}", "payer": payer, "entity_id": tin, "track": "ssp",
                    "terms_id": "medicaid", "effective_from": begins, "decided_by": "payer", "decided_on": begins, "evidence": "review",
                    "panel_size": 10,
                }  # fmt: skip
                if rng.random() < 0.5:
                    row["effective_to"] = date(2025, 10, 1)
                contracts.append(row)
    return {"medical_claim": claims, "eligibility": eligibility, "contracts": contracts}
