"""Runs one worked example through the same flow as real claims, in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from trueup import acts, pipeline
from trueup.acts import episodes
from trueup.cases import Case
from trueup.claims.intake import load_rows
from trueup.engine import DuckEngine, Engine
from trueup.entity_grain import Price
from trueup.inputs import register_batches, register_prices
from trueup.money import multiply
from trueup.monitoring.stage import watch_migration
from trueup.pricing.inputs import PriceSetContent
from trueup.rules.program import Program
from trueup.rules.rule_tables import END_OF_TIME, FIRST_DAY
from trueup.run_output import run_findings
from trueup.settlement.inputs import SettlementResult
from trueup.tables import OUTPUT
from trueup.tables.measures import MEASURES
from trueup.tables.monitoring import MONITORING
from trueup.tables.quality import QUALITY

CASE_KEY = "worked-example"
Rows = list[dict[str, Any]]
_SETTLED = ("settlements", "settlement_steps", "refusals", "case_points", "point_pools")
EPISODES = ("maternity_episode", "procedure_episode")
STAYS = "inpatient_stay"
# Tables that are finished before the stages that nothing else needs: a case that asks for no other does not wait for them.
_BEFORE_LEAVES = frozenset(
    ("episodes", "episode_lines", "attribution_months", "attribution_candidates", "entity_gates", "exclusion_facts", "attrition",
     "quarantine", "line_accounting")
)  # fmt: skip
# Tables of measures, scores and monitoring: a case that gives or expects one runs the whole flow, also where its episodes are given.
_MEASURED = frozenset(t.name for t in (*MEASURES, *QUALITY, *MONITORING))


def execute(case: Case, program: Program) -> dict[str, Rows]:
    """Run a case: the flow from claims, with the tables that are given standing in their places; pricing where prices are expected or
    missing; then settlement.

    Returns:
        The tables that the case expects, as far as the run made them: rows as dictionaries with the contract's columns.
    """
    engine = DuckEngine(threads=1)
    try:
        with tempfile.TemporaryDirectory(prefix="trueup-case-") as folder:
            return _execute(engine, case, program, Path(folder))
    finally:
        engine.close()


def _execute(engine: Engine, case: Case, program: Program, folder: Path) -> dict[str, Rows]:
    outputs = {n: r for n, r in case.given.items() if n in OUTPUT}
    inputs = {n: r for n, r in case.given.items() if n not in OUTPUT}
    register_batches(engine, [load_rows(inputs, folder)] if inputs else [])
    pipeline.register_rules(engine, program, as_of=case.as_of, workspace_key=CASE_KEY)
    prices = [_price(r) for r in outputs.get("prices", [])]
    content = PriceSetContent(prices, [], [], [])
    register_prices(engine, [content])
    if "outlier_lines" in outputs:
        engine.register_rows("outlier_lines", outputs["outlier_lines"], OUTPUT["outlier_lines"].columns)
    given_rates = [p for p in prices if p.price == "case_rate"]
    has_targets = len(prices) > len(given_rates)
    stages, act = _flow(engine, case, program, outputs), acts.act_of(program)
    priced = {"prices", "price_steps", "outlier_lines", "tiers", "tier_metrics"} & set(case.expect)
    settled = set(_SETTLED) & set(case.expect) or case.error is not None
    if pipeline.is_complete(stages):
        of_episodes = program.kind in EPISODES
        refused = case.error is not None and program.kind == STAYS
        wants_prices = (
            priced
            or refused
            or (act.NEEDS_PRICES and (settled or _expects_targets(case) or (not of_episodes and "payments" in case.expect)))
        )
        if not has_targets and wants_prices and (not of_episodes or episodes.take_base(engine)):
            content = act.price(engine, program, _performance(program)[0], None if of_episodes else case.as_of)
            if given_rates:  # what a case gives stands for what pricing would have found
                content = replace(content, prices=[*(p for p in content.prices if p.price != "case_rate"), *given_rates])
            register_prices(engine, [content])
            if "episodes" in outputs:
                _give_targets(engine, outputs["episodes"], content.prices)
            else:
                _rerun_priced(engine, program)
        act.prepare(engine)
        if settled:
            _settle(engine, program, content, case.as_of)
    tables = {n: engine.rows(n) for n in case.expect if n in OUTPUT and engine.has(n)}
    if engine.has("marked_episodes"):
        tables["episodes"] = engine.rows("marked_episodes")
    tables["price_steps"] = [asdict(s) for s in content.price_steps]
    tables["findings"] = [*engine.rows("findings"), *run_findings(engine), *(asdict(f) for f in content.findings)]
    return tables


def _flow(engine: Engine, case: Case, program: Program, outputs: Mapping[str, Rows]) -> list[pipeline.StageStatus]:
    """Run the flow. What is given stands; where only episodes and what goes with them are, nothing but final action has to run."""
    only_episodes = "episodes" in outputs and not _MEASURED.intersection([*outputs, *case.expect])
    for name, rows in outputs.items():
        if name == "episodes":
            _give_episodes(engine, [_episode(row, n) for n, row in enumerate(rows)])
        elif name not in ("prices", "outlier_lines"):
            engine.give(name, rows, OUTPUT[name].columns)
    if "episodes" in outputs and "entity_gates" not in outputs:
        engine.give("entity_gates", _gates_of(program, outputs["episodes"]), OUTPUT["entity_gates"].columns)
    if not only_episodes:
        found_before = case.error is None and set(case.expect) <= _BEFORE_LEAVES and not outputs and not _expects_targets(case)
        return pipeline.run_stages(engine, program, leaves=not found_before)
    for name, module in pipeline.FLOWS[program.kind]:
        if name in ("candidates", "claims"):
            for step in module.STEPS:
                engine.run(step)
    return []


def _episode(row: dict[str, Any], number: int) -> dict[str, Any]:
    """A given episode: what a case leaves out is empty, risk 1, and the accountable entity also the attributed one."""
    accountable = row.get("accountable_entity_id")
    defaults = {
        "episode_id": f"E{number:016x}",
        "exclusion_reasons": "",
        "risk_score": Decimal(1),
        "cohort": "all",
        "attributed_entity_id": accountable,
        "held_cents": 0,
        "held_line_count": 0,
    }
    return {**defaults, **{k: v for k, v in row.items() if v is not None}}


def _gates_of(program: Program, episodes: Rows) -> Rows:
    """Where episodes are given, their entities are taken as having passed the gate."""
    entities = sorted({e for r in episodes for e in (r.get("accountable_entity_id"), r.get("attributed_entity_id")) if e})
    return [{"entity_id": e, "period": p.id, "accountable": True} for e in entities for p in program.periods]


def _price(row: dict[str, Any]) -> Price:
    return Price(
        row["entity_id"],
        row["price"],
        row.get("cohort") or "all",
        row.get("effective_from") or FIRST_DAY,
        row.get("effective_to") or END_OF_TIME,
        row["amount_cents"],
        row.get("status") or "final",
    )


def _performance(program: Program) -> list[str]:
    return [p.id for p in program.periods if p.role == "performance" and p.known]


def _expects_targets(case: Case) -> bool:
    return any("target_amount_cents" in row for name, table in case.expect.items() if name == "episodes" for row in table.rows)


def _rerun_priced(engine: Engine, program: Program) -> None:
    """Prices and outlier lines enter where costs are compared and where payments are stated; nothing before them changes."""
    for name, module in pipeline.flow_of(program):
        if name == "cost" or (name == "payments" and program.kind not in EPISODES):
            if hasattr(module, "run"):
                module.run(engine, program)
                continue
            for step in module.STEPS:
                engine.run(step)


def _give_targets(engine: Engine, rows: Rows, prices: list[Price]) -> None:
    """Given episodes without a target take price x risk, as the cost stage would have done."""
    by_entity = {p.entity_id: p.amount_cents for p in prices if p.price == "target_price"}
    filled = [_episode(row, n) for n, row in enumerate(rows)]
    for row in filled:
        amount = by_entity.get(row.get("accountable_entity_id") or "")
        if row.get("target_amount_cents") is None and amount is not None:
            row["target_amount_cents"] = multiply(amount, row["risk_score"])
    _give_episodes(engine, filled)


def _give_episodes(engine: Engine, rows: Rows) -> None:
    """Episodes as the cost stage leaves them; who took part is decided after it."""
    engine.give("episodes", rows, {c: t for c, t in OUTPUT["episodes"].columns.items() if c != "took_part"})


def _settle(engine: Engine, program: Program, content: PriceSetContent, as_of: date) -> None:
    found = SettlementResult([], [], [])
    for period in _performance(program):
        result = acts.act_of(program).settle(engine, program, period, content, as_of)
        found.settlements.extend(result.settlements)
        found.steps.extend(result.steps)
        found.refusals.extend(result.refusals)
    engine.register_rows("settlements", [asdict(s) for s in found.settlements], OUTPUT["settlements"].columns)
    engine.register_rows("settlement_steps", [asdict(s) for s in found.steps], OUTPUT["settlement_steps"].columns)
    engine.register_rows("refusals", [asdict(s) for s in found.refusals], OUTPUT["refusals"].columns)
    watch_migration(engine, program)
