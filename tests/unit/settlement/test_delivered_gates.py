"""A gate result that was delivered from outside stands instead of a computed one, and the ladder says so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from trueup.acts.common import gates_of
from trueup.engine import DuckEngine
from trueup.entity_grain import Ladder
from trueup.rules.load import load_program
from trueup.settlement.gates import gates_of as applied
from trueup.tables import CANONICAL, OUTPUT


def test_a_delivered_result_stands_and_is_named_in_the_source(programs: Path) -> None:
    program = load_program(programs, "ct-husky-maternity", assumptions="illustrative")
    engine = DuckEngine(threads=1)
    delivered = {
        "program": program.id,
        "entity_id": "E1",
        "period": "PY2025",
        "gate": "quality",
        "passed": True,
        "multiplier": Decimal("0.92"),
    }
    engine.register_rows("visible_gate_results", [delivered], CANONICAL["gate_results"].columns)
    computed = [
        {"entity_id": e, "period": "PY2025", "gate": "quality", "state": "passed", "multiplier": Decimal("0.7844")} for e in ("E1", "E2")
    ]
    engine.register_rows("quality_gates", computed, OUTPUT["quality_gates"].columns)
    engine.register_rows("computed_gates", [], OUTPUT["computed_gates"].columns)
    found = {g.entity_id: g for g in gates_of(engine, program)}
    assert (found["E1"].multiplier, found["E1"].is_delivered) == (Decimal("0.92"), True)
    assert (found["E2"].multiplier, found["E2"].is_delivered) == (Decimal("0.7844"), False)
    cites: dict[str, list[str]] = {}
    for entity, gate in found.items():
        ladder = Ladder()
        applied(program, program.period("PY2025"), {"quality": gate}, "all").show(ladder, program)
        cites[entity] = [line.cite for line in ladder.lines if line.name == "multiplier_quality"]
    assert cites["E1"][0].endswith("; result delivered (gate_results)")
    assert "delivered" not in cites["E2"][0]
