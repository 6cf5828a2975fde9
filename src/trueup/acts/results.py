"""The act of a program of entity results: settling a period from rows that say what each entity's year came to. It has no prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from trueup.engine import Engine
from trueup.errors import Refused
from trueup.money import format_cents
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.program import Program
from trueup.settlement.entity_results import COLUMNS, read_results
from trueup.settlement.inputs import SettlementResult
from trueup.settlement.savings import settle_each
from trueup.settlement.savings_outcome import as_tables

NEEDS_PRICES = False


def prepare(engine: Engine) -> None:
    """Nothing is prepared: a row of results is a unit."""


def price(engine: Engine, program: Program, period_id: str, as_of: date | None = None) -> PriceSetContent:
    """Raises Refused (TRU-S113): the benchmark of a row stands where other programs have a price."""
    message = f"{program.id} is settled from entity results and has no prices."
    raise Refused("TRU-S113", message, next_step="Settle it: the benchmark is part of each result.")


def settle(engine: Engine, program: Program, period_id: str, content: PriceSetContent | None, as_of: date) -> SettlementResult:
    """Settle the results of one period that are known by the day.

    A row of a period that the program does not declare is refused once, with the first period.

    Raises:
        Refused: TRU-S100 for rules of another mechanism.
    """
    rows = [_as_text(row) for row in engine.rows("visible_entity_results", order_by=("program", "entity_id", "period"))]
    declared = [p.id for p in program.periods]
    first = declared[0] == period_id
    mine = [r for r in rows if r["period"] == period_id or (first and r["period"] not in declared)]
    results, refused = read_results(mine)
    outcomes, unsettled = settle_each(program, results)
    return as_tables(outcomes, [*refused, *unsettled])


def _as_text(row: dict[str, Any]) -> dict[str, object]:
    """A canonical row in the form in which rows are read: cents as dollars."""
    found: dict[str, object] = {}
    for name, kind in COLUMNS.items():
        value = row.get(f"{name}_cents" if kind == "money" else name)
        if value is not None and kind == "money":
            value = format_cents(value)
        elif isinstance(value, Decimal):
            value = f"{value.normalize():f}"
        found[name] = value
    return found
