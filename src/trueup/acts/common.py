"""What the acts of every kind read from the finished tables: the roster, and the gates."""

from __future__ import annotations

from trueup.engine import Engine
from trueup.entity_grain import Participation
from trueup.rules.program import Program
from trueup.settlement.inputs import Gate


def participation_of(engine: Engine, program: Program) -> list[Participation]:
    """The program's roster as of the date."""
    rows = engine.rows("final_participation", order_by=("program", "entity_id", "joined_on"))
    return [
        Participation(r["entity_id"], r["joined_on"], r["left_on"], r["successor_entity_id"], r["election"])
        for r in rows
        if r["program"] == program.id
    ]


def gates_of(engine: Engine, program: Program) -> list[Gate]:
    """The results of every gate, one source each: the one delivered from outside, else the scorecard's, else the review of flags.

    A computed gate that waits (a scorecard not complete, a review still open) has no row here, so that settlement holds.
    """
    found = {
        (r["entity_id"], r["period"], r["gate"]): Gate(
            r["entity_id"], r["period"], r["gate"], r["passed"], r["score"], r["multiplier"], is_delivered=True
        )
        for r in engine.rows("visible_gate_results", order_by=("entity_id", "period", "gate"))
        if r["program"] == program.id
    }
    for table in ("quality_gates", "computed_gates"):
        for r in engine.rows(table, order_by=("entity_id", "period", "gate")) if engine.has(table) else []:
            key = (r["entity_id"], r["period"], r["gate"])
            if key not in found and r["state"] in ("passed", "failed"):
                found[key] = Gate(*key, r["state"] == "passed", r.get("score"), r.get("multiplier"))
    return [found[key] for key in sorted(found)]
