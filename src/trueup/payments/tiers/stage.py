"""Add-ons of inpatient stays: by the frozen tier of an enrolled hospital, or the interim add-on of every other one and before tiers begin.

Reads: `stays`, `hospital_status`, frozen `prices`, the interim rates of the rules.
Writes: `addon_spans`, each with why it is paid as it is; `payments`, the entitlement of each stay and month.
Grain: One facility of one stay in one month at one rate; one payment.
Units: days; money in cents. Amounts are cumulative entitlements: what was posted before plays no part here.
Invariants: A covered day of a stay has one facility, one purpose and at most one rate; payments add up to the spans.
Source: docs/reference/stays.md.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from trueup.engine import Engine, steps_of
from trueup.payments.tiers.amounts import Span, amounts
from trueup.rules.program import Program
from trueup.tables import OUTPUT

STEPS = steps_of(__file__)
Row = dict[str, Any]


def run(engine: Engine, program: Program) -> None:
    """Run the steps, then state the amounts."""
    for step in STEPS:
        engine.run(step)
    rows = engine.rows("grouped_addon_days", order_by=("stay_id", "entity_id", "month", "purpose", "rate_version", "reason"))
    names = [f.name for f in fields(Span) if f.name != "amount_cents"]
    days = {_key(r): (r["first_day"], r["last_day"], r["hospital_class"], r["peer_group"]) for r in rows}
    spans = amounts(Span(**{n: r[n] for n in names}) for r in rows)
    stated: list[Row] = []
    for span in spans:
        first, last, hospital_class, peer_group = days[_key(asdict(span))]
        row = {name: value for name, value in asdict(span).items() if name != "stay_days"}
        stated.append({**row, "first_day": first, "last_day": last, "hospital_class": hospital_class, "peer_group": peer_group})
    engine.register_rows("addon_spans", stated, OUTPUT["addon_spans"].columns)
    if not engine.is_given("payments"):
        key = str(engine.scalar("run_params", "MIN(workspace_key)"))
        engine.register_rows("payments", payments_of(spans, program.id, key), OUTPUT["payments"].columns)


def _key(row: Row) -> tuple[object, ...]:
    return tuple(row[n] for n in ("stay_id", "entity_id", "month", "purpose", "rate_version", "reason"))


def payments_of(spans: list[Span], program: str, workspace_key: str) -> list[Row]:
    """One payment of each stay, facility, month and purpose. The stay stands where other programs name a claim."""
    grouped: dict[tuple[str, str, str, str], list[Span]] = defaultdict(list)
    for span in spans:
        if span.rate_cents is not None:
            grouped[span.purpose, span.entity_id, span.stay_id, span.month].append(span)
    rows: list[Row] = []
    for (purpose, entity, stay, month), group in sorted(grouped.items()):
        text = f"{workspace_key}|{program}|{purpose}|{entity}|{group[0].member_id}|{month}|{stay}"
        rows.append(
            {
                "payment_id": "P" + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16],
                "entity_id": entity,
                "member_id": group[0].member_id,
                "claim_id": stay,
                "period_start_date": date.fromisoformat(f"{month}-01"),
                "cycle_month": month,
                "purpose": purpose,
                "amount_cents": sum(s.amount_cents for s in group),
                "status": "entitled",
                "corrects": None,
                "reason": group[0].reason,
                "rate_version": ";".join(dict.fromkeys(s.rate_version for s in group)),
            }
        )
    return rows
