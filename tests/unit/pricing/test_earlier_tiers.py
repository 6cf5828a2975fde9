"""Hold-harmless rests on the tier that a hospital had in the payment period before, as the last final price set says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from trueup.acts.stays import hospitals_of
from trueup.engine import DuckEngine
from trueup.rules.load import load_program
from trueup.tables import CANONICAL, OUTPUT

STATUS = {c: t for c, t in CANONICAL["hospital_status"].columns.items() if c not in ("batch_id", "source_file", "source_row", "program")}


def test_a_hospital_brings_the_tier_it_had_before(programs: Path) -> None:
    program = load_program(programs, "ct-peds-psych", assumptions="illustrative")
    engine = DuckEngine(threads=1)
    status = {"hospital_class": "general", "peer_group": "all", "election": "enrolled", "effective_from": date(2026, 1, 1)}
    rows = [{**status, "facility_id": name, "effective_to": date(9999, 12, 31)} for name in ("H1", "H2")]
    engine.register_rows("visible_hospital_status", rows, STATUS)
    assert [h.previous_tier for h in hospitals_of(engine, program, program.period("PY2027"))] == [None, None]
    engine.register_rows("earlier_tiers", [{"entity_id": "H2", "payment_period": "PY2026", "tier": "tier_2"}], OUTPUT["tiers"].columns)
    assert [(h.entity_id, h.previous_tier) for h in hospitals_of(engine, program, program.period("PY2027"))] == [
        ("H1", None),
        ("H2", "tier_2"),
    ]
