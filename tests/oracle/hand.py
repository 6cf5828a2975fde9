"""Rows of one member by hand, run through both computations, and what is read from the result.

Two practices, A at 250 and B at 220 dollars a month; both are obstetric and pass the gate unless settings or providers differ.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from . import run as oracle
from .compare import compare
from .compare_case_rates import compare_months
from .engine_side import both_rules, engine_tables

Row = dict[str, Any]
PROGRAM = "ct-husky-maternity"
A, B, HOSPITAL = "100000001", "100000002", "100000009"


def rate(entity: str, dollars: int, start: date = date(2025, 1, 1)) -> Row:
    """A final case rate as a price set holds it."""
    common = {"price": "case_rate", "cohort": "all", "effective_to": date(2100, 1, 1), "status": "final"}
    return {"entity_id": entity, "effective_from": start, "amount_cents": dollars * 100, **common}


def claim(name: str, tin: str, when: str, code: str, paid: str, dx: str | None = None, **more: Any) -> Row:
    """One professional line of member M."""
    common = {"member_id": "M", "claim_type": "professional", "claim_line_number": "1", "place_of_service_code": "11"}
    row = {"claim_id": name, "billing_tin": tin, "claim_start_date": when, "hcpcs_code": code, "paid_amount": paid, "diagnosis_code_1": dx}
    return {k: v for k, v in {**common, **row, **more}.items() if v is not None}


def visit(name: str, tin: str, when: str, *, paid: str = "0", allowed: str | None = "95", dx: str = "Z3482", **more: Any) -> Row:
    """A prenatal visit whose diagnosis triggers (unless another is given)."""
    return claim(name, tin, when, "99213", paid, dx, allowed_amount=allowed, **more)


def birth(tin: str, when: str, outcome: str = "Z370", **more: Any) -> Row:
    """A delivery in a hospital, billed alone."""
    return claim("BIRTH", tin, when, "59409", "1100", outcome, place_of_service_code="21", **more)


def provider_row(tin: str, kind: str, **more: Any) -> Row:
    return {"npi": f"1{tin}", "tin": tin, "provider_type": kind, **more}


class Bench:
    """Runs rows through both computations, which must agree in every table, and gives the oracle's; `alone`: only through the oracle."""

    def __init__(self, programs: Path, folder: Path, *, alone: bool = False) -> None:
        self.programs, self.folder, self.alone, self.runs = programs, folder, alone, 0

    def __call__(
        self, as_of: str, claims: list[Row], rates: list[Row] | None = None, settings: Row | None = None, **tables: list[Row]
    ) -> Row:
        provider = [provider_row(tin, "obstetrics") for tin in (A, B)]
        rows: dict[str, list[Row]] = {"medical_claim": claims, "provider": provider, **tables}
        prices = rates or [rate(A, 250), rate(B, 220)]
        program, rules = both_rules(self.programs, PROGRAM, {"attribution.accountable.min_deliveries": 0, **(settings or {})})
        numbered = {name: [{**r, "_file": name, "_row": n} for n, r in enumerate(found, 1)] for name, found in rows.items()}
        ours = oracle.run_tables({**numbered, "prices": prices}, rules, date.fromisoformat(as_of))
        if not self.alone:
            self.runs += 1
            folder = self.folder / str(self.runs)
            folder.mkdir()
            theirs = engine_tables(rows, program, date.fromisoformat(as_of), folder, rates=[prices])
            differences = compare(ours, theirs)
            compare_months(differences, ours, theirs)
            assert not differences.found, f"as of {as_of}\n{differences}"
        return ours


def amounts(result: Row) -> dict[tuple[str, str, str], int]:
    """Entitled cents by entity, month (or claim) and purpose."""
    return {(p["entity_id"], p["claim_id"] or p["cycle_month"], p["purpose"]): p["amount_cents"] for p in result["payments"]}


def delta(before: Row, after: Row) -> int:
    """What the ledger posts between two cycles, in cents."""
    return sum(amounts(after).values()) - sum(amounts(before).values())


def case_rates(result: Row) -> dict[str, list[str]]:
    """The months each entity is paid for."""
    found: dict[str, list[str]] = {}
    for payment in result["payments"]:
        if payment["purpose"] == "case_rate":
            found.setdefault(payment["entity_id"], []).append(payment["cycle_month"])
    return {entity: sorted(months) for entity, months in found.items()}


def months(first: str, count: int) -> list[str]:
    year, number = int(first[:4]), int(first[5:]) - 1
    return [f"{year + (number + n) // 12:04d}-{(number + n) % 12 + 1:02d}" for n in range(count)]
