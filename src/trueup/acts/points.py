"""Settling a pool that points share: cases and measure results of a period in, payments and the points behind them out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, cast

from trueup.acts.common import gates_of, participation_of
from trueup.engine import Engine, steps_of
from trueup.entity_grain import Participation
from trueup.errors import Refused
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.program import Program
from trueup.settlement import settle as settlement_settle
from trueup.settlement.inputs import SettlementResult
from trueup.settlement.points import PointFacts, settle_points
from trueup.settlement.points_cases import Case, Found, Reported, Slot
from trueup.tables import OUTPUT

NEEDS_PRICES = False
EVERYBODY = ("", "all", None)


def prepare(engine: Engine) -> None:
    """Mark the episodes whose entity took part on the day that assigns them."""
    for step in steps_of(settlement_settle.__file__):
        if step.writes == "marked_episodes":
            engine.run(step)


def price(engine: Engine, program: Program, period_id: str, as_of: date | None = None) -> PriceSetContent:
    """A pool has no prices. Raises Refused (TRU-S156)."""
    raise Refused("TRU-S156", f"{program.id} pays by points and has no prices.", next_step="Settle it with `trueup settle`.")


def settle(engine: Engine, program: Program, period_id: str, content: PriceSetContent | None, as_of: date) -> SettlementResult:
    """Settle a period's pool; `case_points` and `point_pools` hold what it rests on. A period without a case settles nothing.

    Raises:
        Refused: TRU-S151 where measures did not run; and what `settle_points` refuses.
        CheckFailed: see `settle_points`.
    """
    slots, cases = slots_of(program), cases_of(engine, period_id)
    if not cases:
        return SettlementResult([], [], [])
    by_claims = [s for s in slots if s.source == "claims"]
    if by_claims and not engine.has("measure_results"):
        message = f"{program.id}: measures did not run, so nobody knows which cases met them."
        raise Refused("TRU-S151", message, next_step="`trueup run` says why the stage `quality` stopped.")
    facts = PointFacts(
        cases,
        slots,
        found_of(engine, by_claims, period_id),
        reported_of(engine, [s for s in slots if s.source == "submission"], period_id),
        gates_of(engine, program),
        participation_of(engine, program),
        elsewhere_of(engine, program),
    )
    result = settle_points(program, program.period(period_id), facts, as_of=as_of)
    _keep(engine, "case_points", [asdict(r) for r in result.case_points], period_id)
    _keep(engine, "point_pools", [asdict(result.pool)], period_id)
    return result.settled


def slots_of(program: Program) -> list[Slot]:
    """The measures that earn points, in rule order, from the slots of the scorecard."""
    slots: list[Slot] = []
    for item in program.ids("settlement.points"):
        path, worth = f"quality.slots.{item}", f"settlement.points.{item}.points"
        slots.append(
            Slot(item, program.text(f"{path}.measure"), program.text(f"{path}.source"), Decimal(program.get(worth)), program.cite(worth))
        )
    return slots


def cases_of(engine: Engine, period_id: str) -> list[Case]:
    """The cases of a period: its episodes."""
    rows = engine.rows("marked_episodes", order_by=("episode_id",))
    return [
        Case(
            r["episode_id"], r["member_id"] or "", r["accountable_entity_id"] or r["attributed_entity_id"], r["delivery_date"],
            r["accountable_entity_id"] is not None, r["exclusion_reasons"] or "", bool(r["took_part"]), r["held_cents"] or 0,
            r["total_cost_cents"] or 0,
        )
        for r in rows
        if r["period"] == period_id
    ]  # fmt: skip


def found_of(engine: Engine, slots: Iterable[Slot], period_id: str) -> list[Found]:
    """Results of the measures of some slots for the cases of a period, each met one with the first claim that shows it."""
    wanted = {s.measure_id for s in slots}
    if not wanted:
        return []
    shown: dict[tuple[str, str], tuple[date, str]] = {}
    for r in engine.rows("measure_evidence", order_by=("measure_id", "unit_id", "criterion")) if engine.has("measure_evidence") else []:
        if r["part"] == "numerator" and r["is_met"] and r["claim_id"] and r["first_date"]:
            key = (r["measure_id"], r["unit_id"])
            shown[key] = min(shown.get(key, (r["first_date"], r["claim_id"])), (r["first_date"], r["claim_id"]))
    found: list[Found] = []
    for r in engine.rows("measure_results", order_by=("measure_id", "unit_id")):
        if r["measure_id"] in wanted and r["period"] in (period_id, None):
            day, claim = shown.get((r["measure_id"], r["unit_id"]), (None, None)) if r["status"] == "numerator" else (None, None)
            found.append(Found(r["unit_id"], r["measure_id"], r["status"], claim, day))
    return found


def reported_of(engine: Engine, slots: Iterable[Slot], period_id: str) -> list[Reported]:
    """Accepted submissions of the measures of some slots for a period, everybody together."""
    wanted = {s.measure_id for s in slots}
    rows = engine.rows("submissions", order_by=("entity_id", "measure_id")) if wanted and engine.has("submissions") else []
    return [
        Reported(r["entity_id"], r["measure_id"], r["numerator"])
        for r in rows
        if r["status"] == "accepted" and r["measure_id"] in wanted and r["period"] == period_id and r["stratum"] in EVERYBODY
        and r["numerator"] is not None
    ]  # fmt: skip


def elsewhere_of(engine: Engine, program: Program) -> dict[str, list[Participation]]:
    """Stays in the programs whose participants earn nothing here, by entity."""
    others = set(cast("list[str]", program.get("settlement.exclusive_with")))
    stays: dict[str, list[Participation]] = defaultdict(list)
    for r in engine.rows("final_participation", order_by=("program", "entity_id", "joined_on")):
        if r["program"] in others:
            stays[r["entity_id"]].append(Participation(r["entity_id"], r["joined_on"], r["left_on"]))
    return dict(stays)


def _keep(engine: Engine, table: str, rows: list[dict[str, Any]], period_id: str) -> None:
    """Add a period's rows to a table of the run; the periods settled before stay."""
    contract = OUTPUT[table]
    before = engine.rows(table, order_by=contract.key) if engine.has(table) else []
    engine.register_rows(table, [*(r for r in before if r["period"] != period_id), *rows], contract.columns)
