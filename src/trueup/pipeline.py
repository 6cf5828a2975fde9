"""The flow, in order. Only this module knows it; a stage never knows another.

claims -> units -> attribution -> exclusions -> risk -> cost -> payments -> accounting -> checks, and beside it pricing and settlement,
which are separate acts over the finished tables (see `acts.py`). Nothing else needs payments: where its rules are unknown, the rest
goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from types import ModuleType

from trueup.accounting import stage as accounting
from trueup.attribution import stage as attribution
from trueup.checks import stage as checks
from trueup.claims import stage as claims
from trueup.cost import stage as cost
from trueup.engine import DuckEngine, Step
from trueup.errors import CheckFailed, Place
from trueup.exclusions import stage as exclusions
from trueup.payments import stage as payments
from trueup.risk import stage as risk
from trueup.risk.freeze import FrozenModel
from trueup.rules.compile import calendar, compile_rules, missing
from trueup.rules.program import Program
from trueup.units import stage as units

log = logging.getLogger("trueup.pipeline")

# name, module, and whether the stage is skipped with those before it when its output is given
FLOW: tuple[tuple[str, ModuleType], ...] = (
    ("claims", claims),
    ("units", units),
    ("attribution", attribution),
    ("exclusions", exclusions),
    ("risk", risk),
    ("cost", cost),
    ("payments", payments),
)


@dataclass(frozen=True)
class StageStatus:
    """What became of a stage: `done`, or `stopped` with the reason."""

    stage: str
    status: str
    reason: str = ""
    seconds: float = 0.0


def steps() -> list[Step]:
    """Every SQL step of the flow, in order."""
    modules = [*(m for _, m in FLOW), accounting, checks]
    return [step for module in modules for step in module.STEPS]


def register_rules(engine: DuckEngine, program: Program, *, as_of: date, workspace_key: str, through: date | None = None) -> None:
    """Give the engine the program's rules as tables. `through` is a day of the last month that prospective payment states."""
    for table in (*compile_rules(program, as_of=as_of, workspace_key=workspace_key, through=through), calendar()):
        engine.register_rows(table.name, table.rows, table.columns)


def run_stages(
    engine: DuckEngine, program: Program, progress: Callable[[str], None] = lambda _: None, *, model: FrozenModel | None = None
) -> list[StageStatus]:
    """Run the flow as far as the program's known values carry it. `model` scores the episodes; without one every score is 1 or delivered.

    Inputs, rules, `prices` and `outlier_lines` must be registered. A stage that needs an unknown value is stopped, and those after it;
    nothing after `payments` needs it.
    """
    done: list[StageStatus] = []
    for name, module in FLOW:
        unknown = missing(program, name)
        if unknown:
            first = f"{unknown[0].path} is unknown" + (f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else "")
            done.append(StageStatus(name, "stopped", first))
            log.info("%s stopped: %s", name, first)
            if module is payments:
                continue
            return done
        progress(name)
        done.append(_run(engine, name, module, model))
    progress("accounting")
    done.append(_run(engine, "accounting", accounting))
    _check(engine, without=payments if any(s.status == "stopped" for s in done) else None)
    return done


def is_complete(stages: Iterable[StageStatus]) -> bool:
    """Whether all that pricing a target and settling need has run: every stage but payments."""
    return all(s.status == "done" for s in stages if s.stage != "payments")


def _run(engine: DuckEngine, name: str, module: ModuleType, model: FrozenModel | None = None) -> StageStatus:
    started = time.perf_counter()
    if module is risk:
        risk.run(engine, model)
    else:
        for step in module.STEPS:
            engine.run(step)
    seconds = time.perf_counter() - started
    log.info("%s done in %.2f s", name, seconds)
    return StageStatus(name, "done", seconds=seconds)


def _check(engine: DuckEngine, *, without: ModuleType | None) -> None:
    """Run every check; those of the tables of a stage that did not run have nothing to look at."""
    absent = {step.writes for step in without.STEPS} if without else set[str]()
    for step in checks.STEPS:
        if absent.intersection(step.reads):
            continue
        engine.run(step)
        violations = engine.count(step.writes)
        if violations:
            raise CheckFailed(
                "TRU-C001",
                f"{step.writes.removeprefix('check_').replace('_', ' ')} does not hold: {violations} violations, expected 0",
                place=Place(step.writes),
                next_step="Nothing was written. Keep the inputs and report this: it is a defect of the engine.",
            )
