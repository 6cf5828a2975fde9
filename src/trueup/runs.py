"""Runs and price sets of a workspace: compute, check, and write under a temporary name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from trueup import acts, pipeline
from trueup.engine import DuckEngine
from trueup.errors import Refused
from trueup.inputs import register_batches, register_prices
from trueup.pricing.price_set import PriceSet, Terms, write_price_set
from trueup.pricing.usable import differences, require_equal_maturity, require_usable, runout_days
from trueup.rules.program import Period, Program
from trueup.run_output import Job, write_run
from trueup.settlement.inputs import SettlementResult
from trueup.tables import OUTPUT
from trueup.workspace import Workspace

Progress = Callable[[str], None]
PRICE_FIRST = "Make one with `trueup price`, then name it with --prices."


@dataclass
class RunResult:
    """A finished run: its folder and manifest, what was settled, and the refusals that stopped settling, if any."""

    folder: Path
    manifest: dict[str, Any]
    settled: SettlementResult
    refusals: list[Refused] = field(default_factory=list[Refused])


def quiet(_: str) -> None:
    """No progress."""


def maturity_date(program: Program, period_id: str) -> date:
    """The day on which a period has the run-out its rule asks for. Raises Refused where the run-out is unknown."""
    after = program.integer("episode.days_after") if program.text("episode.assign_by") == "delivery_date" else 0
    return program.period(period_id).last_day + timedelta(days=after + program.integer("maturity.runout_days"))


def performance_periods(program: Program) -> list[Period]:
    return [p for p in program.periods if p.role == "performance" and p.known]


def _compute(
    engine: DuckEngine, ws: Workspace, program: Program, as_of: date, sets: Sequence[PriceSet], progress: Progress
) -> list[pipeline.StageStatus]:
    register_batches(engine, [b.path for b in ws.batches()])
    pipeline.register_rules(engine, program, as_of=as_of, workspace_key=ws.key)
    register_prices(engine, [s.content for s in sets])
    return pipeline.run_stages(engine, program, progress)


def price(ws: Workspace, program: Program, period_id: str, as_of: date, progress: Progress = quiet) -> Path:
    """Derive a draft price set for a period from the base period, with the claims known at `as_of`. Returns its folder.

    Raises:
        Refused: TRU-R014 where a value is unknown; TRU-P001 without base episodes.
    """
    engine = DuckEngine()
    try:
        stages = _compute(engine, ws, program, as_of, [], progress)
        stopped = [s for s in stages if s.status != "done"]
        if stopped:
            raise Refused(
                "TRU-P021",
                f"{program.id}: {stopped[0].stage} cannot run: {stopped[0].reason}.",
                next_step="Name an assumptions file with --assume.",
            )
        progress("pricing")
        content = acts.price_period(engine, program, period_id)
    finally:
        engine.close()
    base = program.period(program.text("prices.baseline_period"))
    terms = Terms(
        program=program.id, rule_version=program.rule_version, rules_hash=program.rules_hash, assumptions_name=program.assumptions_name,
        assumptions_hash=program.assumptions_hash, mechanism=program.text("prices.mechanism"), period=period_id, base_period=base.id,
        base_first_day=base.first_day, base_last_day=base.last_day, base_as_of=as_of, runout_days=runout_days(program, base.id, as_of),
        cost_basis=program.text("cost.basis"),
    )  # fmt: skip
    with ws.writer_lock():
        return write_price_set(ws.prices_dir, terms, content)


def run(
    ws: Workspace,
    program: Program,
    as_of: date,
    *,
    price_sets: Sequence[PriceSet] = (),
    periods: Sequence[str] | None = None,
    true_up: bool = False,
    progress: Progress = quiet,
) -> RunResult:
    """Run a program on a workspace as of a date, and settle the periods that a price set and the claims' maturity allow.

    Without a price set the run ends at cost. A period that cannot be settled is a refusal in the result, never a guess.

    Raises:
        CheckFailed: an invariant does not hold; nothing is written.
    """
    engine = DuckEngine()
    try:
        stages = _compute(engine, ws, program, as_of, price_sets, progress)
        settled, refusals, notes = SettlementResult([], [], []), [], []
        if stages[-1].status == "done":
            acts.group_units(engine)
            wanted = periods if periods is not None else [p.id for p in performance_periods(program)]
            if price_sets:
                progress("settlement")
                settled, refusals, notes = _settle(engine, program, as_of, price_sets, wanted, true_up)
            else:
                refusals = [
                    Refused("TRU-P022", "No price set was named, so there is no target and nothing settles.", next_step=PRICE_FIRST)
                ]
        for name, rows in (("settlements", settled.settlements), ("settlement_steps", settled.steps), ("refusals", settled.refusals)):
            engine.register_rows(name, [asdict(r) for r in rows], OUTPUT[name].columns)
        progress("writing")
        job = Job(program, as_of, tuple(price_sets), None if periods is None else tuple(periods), true_up)
        folder, manifest = write_run(engine, ws, job, stages, refusals, notes)
        return RunResult(folder, manifest, settled, refusals)
    finally:
        engine.close()


def _settle(
    engine: DuckEngine, program: Program, as_of: date, sets: Sequence[PriceSet], periods: Sequence[str], true_up: bool
) -> tuple[SettlementResult, list[Refused], list[dict[str, Any]]]:
    found, refusals, notes = SettlementResult([], [], []), list[Refused](), list[dict[str, Any]]()
    for period in periods:
        try:
            usable = _usable_set(program, sets, period)
            warnings = require_equal_maturity(usable, program, period, as_of, true_up=true_up)
            warnings += differences(usable, program.rule_version, program.rules_hash, program.assumptions_hash)
            result = acts.settle_period(engine, program, period, usable.content.prices, usable.base_units(), as_of)
        except Refused as refused:
            refusals.append(refused)
            continue
        notes += [{**asdict(w), "period": period} for w in warnings]
        found.settlements.extend(result.settlements)
        found.steps.extend(result.steps)
        found.refusals.extend(result.refusals)
    return found, refusals, notes


def _usable_set(program: Program, sets: Sequence[PriceSet], period: str) -> PriceSet:
    """The first set that fits the period; if none does, the last refusal."""
    refusal: Refused | None = None
    for candidate in sets:
        try:
            require_usable(candidate, program, period)
            return candidate
        except Refused as refused:
            refusal = refused
    assert refusal is not None
    raise refusal
