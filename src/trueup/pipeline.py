"""The flows, in order, one for each kind of program. Only this module knows them; a stage never knows another.

Episodes: candidates -> claims -> units -> attribution -> exclusions -> risk -> cost -> payments -> quality -> monitoring. Other kinds find
other units and share what follows. Accounting and checks end every flow that reads claims; pricing and settlement are separate acts over
the finished tables (see `acts/`). Nothing else needs what stands in `LEAVES`: where its rules are unknown, the rest goes on.
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
from trueup.attribution.procedures import stage as performers
from trueup.candidates.births import stage as birth_candidates
from trueup.candidates.everyone import stage as everyone
from trueup.candidates.procedures import stage as procedure_candidates
from trueup.candidates.stays import stage as stay_candidates
from trueup.checks import stage as checks
from trueup.claims import stage as claims
from trueup.cost import stage as cost
from trueup.engine import Engine, Step
from trueup.errors import CheckFailed, Place
from trueup.exclusions import stage as exclusions
from trueup.monitoring import stage as monitoring
from trueup.payments import stage as payments
from trueup.payments.panels import stage as member_fees
from trueup.payments.tiers import stage as tier_add_ons
from trueup.quality import stage as quality
from trueup.quality.episodes import stage as episode_measures
from trueup.quality.procedures import stage as procedure_measures
from trueup.risk import stage as risk
from trueup.risk.freeze import FrozenModel
from trueup.rules.compile import compile_rules, missing
from trueup.rules.program import Program
from trueup.units import stage as units
from trueup.units.panels import stage as panels
from trueup.units.procedures import stage as procedures
from trueup.units.stays import stage as stays

log = logging.getLogger("trueup.pipeline")

Flow = tuple[tuple[str, ModuleType], ...]
FLOWS: dict[str, Flow] = {
    "maternity_episode": (
        ("candidates", birth_candidates),
        ("claims", claims),
        ("units", units),
        ("attribution", attribution),
        ("exclusions", exclusions),
        ("risk", risk),
        ("cost", cost),
        ("payments", payments),
        ("measures", episode_measures),
        ("quality", quality),
        ("monitoring", monitoring),
    ),
    "procedure_episode": (
        ("candidates", procedure_candidates),
        ("claims", claims),
        ("units", procedures),
        ("attribution", performers),
        ("exclusions", exclusions),
        ("cost", cost),
        ("measures", procedure_measures),
        ("quality", quality),
        ("monitoring", monitoring),
    ),
    "panel": (
        ("candidates", everyone),
        ("claims", claims),
        ("units", panels),
        ("payments", member_fees),
        ("quality", quality),
        ("monitoring", monitoring),
    ),
    "entity_results": (
        ("candidates", everyone),
        ("claims", claims),
    ),
    "inpatient_stay": (
        ("candidates", stay_candidates),
        ("claims", claims),
        ("units", stays),
        ("quality", quality),
        ("payments", tier_add_ons),
        ("monitoring", monitoring),
    ),
}
# What no other stage of a flow and no price needs.
LEAVES = ("payments", "measures", "quality", "monitoring")


@dataclass(frozen=True)
class StageStatus:
    """What became of a stage: `done`, or `stopped` with the reason."""

    stage: str
    status: str
    reason: str = ""
    seconds: float = 0.0


def flow_of(program: Program) -> Flow:
    """The stages of a program. Quality and monitoring run where its rules have these sections, measures where one of them counts any."""
    left_out = [name for name in ("quality", "monitoring") if not program.has(name)]
    if not program.has("quality") and not program.measures:
        left_out.append("measures")
    return tuple((name, module) for name, module in FLOWS[program.kind] if name not in left_out)


def steps(kind: str | None = None) -> list[Step]:
    """Every SQL step of the flow of a kind in order, or of all flows, each once."""
    flows = [FLOWS[kind]] if kind else list(FLOWS.values())
    modules = [*dict.fromkeys(m for flow in flows for _, m in flow), accounting, checks]
    return [*dict.fromkeys(step for module in modules for step in module.STEPS)]


def register_rules(engine: Engine, program: Program, *, as_of: date, workspace_key: str, through: date | None = None) -> None:
    """Give the engine the program's rules as tables. `through` is a day of the last month that prospective payment states."""
    for table in compile_rules(program, as_of=as_of, workspace_key=workspace_key, through=through):
        engine.register_rows(table.name, table.rows, table.columns)


def run_stages(
    engine: Engine, program: Program, progress: Callable[[str], None] = lambda _: None, *, model: FrozenModel | None = None,
    leaves: bool = True,
) -> list[StageStatus]:  # fmt: skip
    """Run the flow as far as the program's known values carry it. `model` scores the episodes; without one every score is 1 or delivered.
    Without `leaves` the stages that nothing else needs are passed over, for a question that they do not answer.

    Inputs, rules, `prices` and `outlier_lines` must be registered. A stage that needs an unknown value is stopped, and those after it
    that may need what it writes.
    """
    done: list[StageStatus] = []
    stopped: dict[str, ModuleType] = {}
    for name, module in flow_of(program):
        if name in LEAVES and not leaves:
            stopped[name] = module
            continue
        unknown = missing(program, name)
        reason = f"{unknown[0].path} is unknown" + (f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else "") if unknown else ""
        if not reason and name == "quality" and "measures" in stopped:
            reason = "the measures were not counted"
        if reason:
            done.append(StageStatus(name, "stopped", reason))
            log.info("%s stopped: %s", name, reason)
            if name not in LEAVES:
                return done
            stopped[name] = module
            continue
        progress(name)
        done.append(_run(engine, program, name, module, model))
    if all(name != "units" for name, _ in flow_of(program)):  # no claims are read: nothing to account for but what intake set aside
        for step in accounting.STEPS:
            if step.writes == "quarantine":
                engine.run(step)
        return done
    progress("accounting")
    done.append(_run(engine, program, "accounting", accounting))
    _check(engine, program, without=stopped.values())
    return done


def is_complete(stages: Iterable[StageStatus]) -> bool:
    """Whether all that pricing a target and settling need has run: every stage but the leaves."""
    return all(s.status == "done" for s in stages if s.stage not in LEAVES)


def _run(engine: Engine, program: Program, name: str, module: ModuleType, model: FrozenModel | None = None) -> StageStatus:
    """Run a stage: its steps, or its own `run` where Python works between them."""
    started = time.perf_counter()
    if module is risk:
        risk.run(engine, model)
    elif hasattr(module, "run"):
        module.run(engine, program)
    else:
        for step in module.STEPS:
            engine.run(step)
    seconds = time.perf_counter() - started
    log.info("%s done in %.2f s", name, seconds)
    return StageStatus(name, "done", seconds=seconds)


def _check(engine: Engine, program: Program, *, without: Iterable[ModuleType]) -> None:
    """Run every check of what this flow wrote; those of tables of another flow, or of a stage that did not run, have nothing to look at."""
    ran = {step.writes for _, module in flow_of(program) for step in module.STEPS} - {s.writes for m in without for s in m.STEPS}
    absent = {step.writes for step in steps() if step.writes not in ran} - {step.writes for step in accounting.STEPS}
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
