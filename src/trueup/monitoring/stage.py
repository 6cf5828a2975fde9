"""Monitoring: watches for care withheld and patients selected, and states the gate that a payment condition needs.

Reads: `measure_counts`, `measure_values`, `measure_results`, `measure_units`, `episodes`, `episode_factors`, `attribution_months`,
    `case_rate_months`, `zero_pay_lines`, `case_rate_basis`, `entity_gates`, outlier lines, `visible_reviews`, the rules of monitoring.
Writes: `monitor_results`, `monitor_flags`, `computed_gates`; after a settlement `migration_watch`.
Grain: one check, entity and performance period; one flag; one gate of an entity and period.
Units: shares and statistics with six decimals; counts of units.
Invariants: a flag changes no amount: it holds payment until a person ends its review, and only a review that failed forfeits.
Source: docs/reference/monitoring.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from trueup.engine import Engine, Step, steps_of
from trueup.monitoring.findings import Result, decide
from trueup.monitoring.judge import judge
from trueup.monitoring.migration import watch_rows
from trueup.monitoring.observe import Observer
from trueup.monitoring.plan import SECTION, Plan, plan_of
from trueup.monitoring.reviews import Review, flags_of, gate_rows
from trueup.rules.program import Program
from trueup.tables.monitoring import MONITORING

STEPS = steps_of(__file__)
_COLUMNS = {table.name: table.columns for table in MONITORING}
_RULES = {
    "rule_monitor_checks": {"check_id": "VARCHAR", "kind": "VARCHAR"},
    "rule_monitor_factors": {"check_id": "VARCHAR", "factor": "VARCHAR"},
    "rule_monitor_patterns": {"check_id": "VARCHAR", "pattern": "VARCHAR", "width": "INTEGER"},
    "rule_monitor_lag": {"check_id": "VARCHAR", "lag_days": "INTEGER"},
    "rule_monitor_sequences": {"measure_id": "VARCHAR"},
}


def run(engine: Engine, program: Program) -> None:
    """Run the stage. A program without the section gets empty tables.

    Raises:
        Refused: TRU-R014 for an unknown term; TRU-Q040 without the library of distributions.
        RuleError: TRU-Q041, TRU-Q042, see `plan_of`.
    """
    for table in ("monitor_results", "monitor_flags", "computed_gates"):
        engine.register_rows(table, [], _COLUMNS[table])
    if not program.has(SECTION):
        return
    plan = plan_of(program)
    _register_rules(engine, plan)
    for step in STEPS:
        if _can_run(engine, step):
            engine.run(step)
    facts = Observer(engine)
    entities, reviews, as_of = facts.entities(plan), facts.reviews(program.id), facts.as_of()
    results = [r for p in plan.periods for check in plan.checks for r in judge(plan, check, p, entities[p.id], facts)]
    _reports_first(results, reviews, as_of)
    decide(results, plan.false_discovery_rate)
    flags = flags_of(plan, results, reviews, as_of)
    engine.register_rows("monitor_results", [r.row() for r in results], _COLUMNS["monitor_results"])
    engine.register_rows("monitor_flags", [asdict(f) for f in flags], _COLUMNS["monitor_flags"])
    engine.register_rows("computed_gates", gate_rows(plan, entities, flags, results), _COLUMNS["computed_gates"])


def watch_migration(engine: Engine, program: Program) -> None:
    """After a settlement: each watched cohort's share beside its base, and the payable amount beside the migration-neutral one.

    `settlements` and `settlement_steps` must be registered. Nothing is done for a program that watches no cohort or did not run monitoring.
    """
    if not program.known(SECTION) or not engine.has("cohort_counts") or not engine.has("settlements"):
        return
    plan, facts = plan_of(program), Observer(engine)
    cohorts = sorted({check.cohort for check in plan.of_kind("migration")})
    if not cohorts:
        return
    rows: list[dict[str, object]] = []
    settlements = facts.rows("settlements", "entity_id", "period", "cohort")
    steps = facts.rows("settlement_steps", "entity_id", "period", "cohort", "step")
    for period in plan.periods:
        base, now = facts.cohorts(plan.base_period) or {}, facts.cohorts(period.id) or {}
        rows += watch_rows(period.id, cohorts, {e: base[e] for e in base if e in now}, now, settlements, steps)
    engine.register_rows("migration_watch", rows, _COLUMNS["migration_watch"])


def _register_rules(engine: Engine, plan: Plan) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "rule_monitor_checks": [{"check_id": c.id, "kind": c.kind} for c in plan.checks],
        "rule_monitor_factors": [{"check_id": c.id, "factor": f} for c in plan.checks for f in c.factors],
        "rule_monitor_patterns": [{"check_id": c.id, "pattern": c.pattern, "width": c.width} for c in plan.checks if c.pattern],
        "rule_monitor_lag": [{"check_id": c.id, "lag_days": c.lag_days} for c in plan.of_kind("completeness")],
        "rule_monitor_sequences": [{"measure_id": m} for m in sorted({c.measure for c in plan.of_kind("cusum") if c.measure})],
    }
    for table, columns in _RULES.items():
        engine.register_rows(table, rows[table], columns)


def _can_run(engine: Engine, step: Step) -> bool:
    """Whether everything a step reads exists: other kinds of program have other units."""
    return engine.is_given(step.writes) or all(engine.has(table) for table in step.reads)


def _reports_first(results: Iterable[Result], reviews: Iterable[Review], as_of: date) -> None:
    """Where an entity's reports are missing, nothing else is judged from them until a review has ended that matter as complied."""
    listed = list(results)
    ended = {(r.entity_id, r.period, r.flag_id) for r in reviews if r.outcome == "complied" and r.ended(as_of)}
    late = {
        (r.entity_id, r.period)
        for r in listed
        if r.terms.kind == "completeness" and r.alarm and (r.entity_id, r.period, r.terms.id) not in ended
    }
    for result in listed:
        waits = (result.entity_id, result.period) in late and result.terms.kind != "completeness"
        if waits and result.status == "within":
            result.wait()
