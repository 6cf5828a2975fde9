"""What leaves the engine for Python."""

from __future__ import annotations

from itertools import permutations

from trueup.engine import DuckEngine

ROWS = [
    {"period": "PY1", "entity": "E2", "gate": None},
    {"period": "PY1", "entity": "E1", "gate": "b"},
    {"period": "PY1", "entity": "E1", "gate": "a"},
]


def test_rows_that_are_equal_in_what_orders_them_stand_by_their_other_columns() -> None:
    for given in permutations(ROWS):
        engine = DuckEngine()
        engine.register_rows("gates", list(given), {"period": "VARCHAR", "entity": "VARCHAR", "gate": "VARCHAR"})
        found = engine.rows("gates", order_by=("period",))
        engine.close()
        assert [(r["entity"], r["gate"]) for r in found] == [("E1", "a"), ("E1", "b"), ("E2", None)]
