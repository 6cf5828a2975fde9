# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""From a finished run to what the ledger is asked to post: every obligation with its cumulative entitlement.

A run never reads the ledger. It states what is due in all; the ledger books the difference to what stands in its books already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from trueup.errors import Refused
from trueup.ledger.obligations import Entitlement, Obligation, Proposal
from trueup.manifest import read_manifest

Row = dict[str, Any]

# What a case rate pays by month, and what it takes back or owes of fee-for-service.
CASE_RATES = ("case_rate", "ffs_adjustment")
# The streams of payments that a monthly cycle states; the others are settled.
MONTHLY_STREAMS = ("prospective_case_rate", "fee_for_service_adjustment", "fee_for_service_add_on", "per_member_month")


def cycle_proposal(folder: Path, month: str) -> Proposal:
    """What a monthly cycle proposes: every entitlement up to `month`, and zero for every month that is not paid, with its reason.

    Args:
        folder: a finished run that stated payments through `month` (`2025-04`).

    Raises:
        Refused: TRU-U050 where the run has no payments, was a scenario, or stopped before payments.
    """
    manifest = _postable(folder, "payments")
    due: dict[str, Entitlement] = {}
    for row in _rows(folder, "payments"):
        obligation = Obligation(
            manifest["program"],
            row["purpose"],
            row["entity_id"],
            f"{row['period_start_date']:%Y-%m}",
            row["member_id"] or "",
            "",
            row["claim_id"] or "",
        )
        before = due.get(obligation.id)  # two stays of a member in one month are one obligation
        cents = row["amount_cents"] + (before.amount_cents if before else 0)
        due[obligation.id] = Entitlement(obligation, cents, row["reason"], row["rate_version"] or "")
    zeros: dict[str, Entitlement] = {}
    for row in _rows(folder, "case_rate_months"):
        if row["paid"] or row["month"] > month:
            continue
        obligation = Obligation(manifest["program"], "case_rate", row["entity_id"], row["month"], row["member_id"])
        if obligation.id not in due:
            why = row["stop_reason"] if row["unpaid_reason"] == "not_in_care" else row["unpaid_reason"]
            zeros.setdefault(obligation.id, Entitlement(obligation, 0, why or "no_longer_entitled"))
    return Proposal(
        program=manifest["program"], source=manifest["run_id"], accounting_month=month,
        entitlements=(*due.values(), *zeros.values()), complete_for=monthly_purposes(manifest["arrangement"]),
        gate=f"entity gates {_digest(manifest, 'entity_gates')}", as_of=str(manifest["as_of"]),
    )  # fmt: skip


def monthly_purposes(arrangement: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The purposes of a program that a monthly cycle states, from what its rules (or a run's manifest) say of each."""
    return tuple(str(one["purpose"]) for one in arrangement if one["payment_stream"] in MONTHLY_STREAMS)


def settled_purpose(arrangement: Iterable[Mapping[str, Any]]) -> str:
    """The purpose that settlements of a program are booked under."""
    return next((str(one["purpose"]) for one in arrangement if one["payment_stream"] in ("settlement", "bonus")), "shared_savings")


def settlement_proposal(folder: Path, period: str, month: str, *, upside_only: bool) -> Proposal:
    """What a settlement of one period proposes: the cumulative amount of each entity and cohort; held rows change nothing.

    Raises:
        Refused: TRU-U050 where the run was a scenario or settled nothing of the period.
    """
    manifest = _postable(folder, "settlements")
    rows = [r for r in _rows(folder, "settlements") if r["period"] == period]
    if not rows:
        raise Refused("TRU-U050", f"run {manifest['run_id']} settled nothing of {period}.", next_step="See its refusals with `trueup run`.")
    entitlements: list[Entitlement] = []
    held: list[Obligation] = []
    purpose = settled_purpose(manifest["arrangement"])
    for row in rows:
        obligation = Obligation(manifest["program"], purpose, row["entity_id"], period, "", row["cohort"])
        if row["status"] == "held":
            held.append(obligation)
        else:
            entitlements.append(Entitlement(obligation, row["amount_cents"], "settlement", manifest["price_set_id"] or ""))
    return Proposal(
        program=manifest["program"], source=manifest["run_id"], accounting_month=month, entitlements=tuple(entitlements), held=tuple(held),
        upside_only=upside_only, gate=_gates(folder, period, _digest(manifest, "settlement_steps")), as_of=str(manifest["as_of"]),
    )  # fmt: skip


def _postable(folder: Path, table: str) -> dict[str, Any]:
    """The manifest of a run that may be posted. A scenario never is."""
    manifest = read_manifest(folder)
    if manifest["scenario"]:
        message = f"run {manifest['run_id']} is a scenario: it answers what would be, and is never posted."
        raise Refused("TRU-U050", message, next_step="Run it without --set.")
    if table not in manifest["tables"]:
        stopped = [s for s in manifest["stages"] if s["status"] != "done"]
        why = f"{stopped[0]['stage']} stopped: {stopped[0]['reason']}" if stopped else f"the program makes no {table}"
        raise Refused("TRU-U050", f"run {manifest['run_id']} has no {table}: {why}.", next_step="Nothing was posted.")
    return manifest


def _gates(folder: Path, period: str, digest: str) -> str:
    """The gates' results of each entity as the ladder prints them, in one text that stays with the payment."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder, "settlement_steps"):
        if row["period"] == period and row["name"].startswith(("gate_", "multiplier_")):
            found[row["entity_id"]].append(f"{row['cohort']} {row['name']}={row['amount']}")
    told = "; ".join(f"{entity}: {', '.join(dict.fromkeys(lines))}" for entity, lines in sorted(found.items()))
    return f"settlement_steps {digest}; {told}"


def _digest(manifest: dict[str, Any], table: str) -> str:
    return str(manifest["tables"].get(table, {}).get("sha256", "none"))[:16]


def _rows(folder: Path, table: str) -> list[Row]:
    path = folder / f"{table}.parquet"
    return pq.read_table(path).to_pylist() if path.exists() else []
