"""The acts over the finished tables of the flow, by kind of program: pricing a period, and settling one.

Each act is a module with

- `NEEDS_PRICES`: whether settling rests on a price set;
- `prepare(engine)`: what both acts need of the finished tables;
- `price(engine, program, period_id, as_of) -> PriceSetContent`, where the kind has prices;
- `settle(engine, program, period_id, content, as_of) -> SettlementResult`; `content` is the final price set's, None without one.

A kind with prices has the rules `prices.mechanism` and `prices.baseline_period`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Protocol, cast

from trueup.acts import episodes, panels, points, results, stays
from trueup.engine import Engine
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.program import Program
from trueup.settlement.inputs import SettlementResult


class Act(Protocol):
    """What a module of this package offers."""

    NEEDS_PRICES: bool
    prepare: Callable[[Engine], None]
    price: Callable[[Engine, Program, str, date | None], PriceSetContent]
    settle: Callable[[Engine, Program, str, PriceSetContent | None, date], SettlementResult]


_BY_KIND: dict[str, object] = {
    "entity_results": results,
    "inpatient_stay": stays,
    "maternity_episode": episodes,
    "procedure_episode": episodes,
}
_BY_MECHANISM: dict[str, object] = {"contract_bonus": panels.BONUS, "contract_savings": panels.SAVINGS, "points_pool": points}


def act_of(program: Program) -> Act:
    """The acts of a program: by the mechanism of its settlement, else by its kind."""
    mechanism = str(program.get("settlement.mechanism")) if program.has("settlement.mechanism") else ""
    return cast(Act, _BY_MECHANISM.get(mechanism) or _BY_KIND[program.kind])
