"""Runs and price sets of a workspace: compute, check, and write under a temporary name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from trueup import __version__, acts, pipeline
from trueup.engine import DuckEngine
from trueup.errors import Refused
from trueup.inputs import register_batches, register_prices
from trueup.manifest import file_hash, read_manifest, run_id_of, write_manifest
from trueup.pricing.price_set import PriceSet, Terms, write_price_set
from trueup.pricing.usable import differences, require_equal_maturity, require_usable, runout_days
from trueup.rules.program import Period, Program
from trueup.settlement.inputs import SettlementResult
from trueup.tables import OUTPUT
from trueup.workspace import Workspace

Progress = Callable[[str], None]
_WRITTEN = (
    "quarantine", "line_accounting", "episodes", "episode_lines", "attribution_months", "attribution_candidates", "entity_gates",
    "exclusion_facts", "attrition",
    "settlements", "settlement_steps", "refusals",
)  # fmt: skip


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


def _compute(engine: DuckEngine, ws: Workspace, program: Program, as_of: date, sets: Sequence[PriceSet], progress: Progress) -> list[pipeline.StageStatus]:
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
            raise Refused("TRU-P021", f"{program.id}: {stopped[0].stage} cannot run: {stopped[0].reason}.", next_step="Name an assumptions file with --assume.")
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
        for name, rows in (("settlements", settled.settlements), ("settlement_steps", settled.steps), ("refusals", settled.refusals)):
            engine.register_rows(name, [asdict(r) for r in rows], OUTPUT[name].columns)
        progress("writing")
        folder, manifest = _write(engine, ws, program, as_of, price_sets, periods, stages, refusals, notes)
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
        notes += [asdict(w) for w in warnings]
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


def _write(
    engine: DuckEngine, ws: Workspace, program: Program, as_of: date, sets: Sequence[PriceSet], periods: Sequence[str] | None,
    stages: Sequence[pipeline.StageStatus], refusals: Sequence[Refused], notes: Sequence[dict[str, Any]],
) -> tuple[Path, dict[str, Any]]:  # fmt: skip
    batches = ws.batches()
    inputs: dict[str, Any] = {
        "program": program.id, "rule_version": program.rule_version, "rules_hash": program.rules_hash,
        "assumptions_hash": program.assumptions_hash, "settings_hash": program.settings_hash, "as_of": as_of, "code_version": __version__,
        "batches": [b.id for b in batches], "price_sets": sorted(s.price_set_id for s in sets), "periods": periods,
        "workspace_key_hash": run_id_of({"key": ws.key}),
    }  # fmt: skip
    run_id = run_id_of(inputs)
    constants = {"program": program.id, "rule_version": program.rule_version, "run_id": run_id}
    final = ws.runs_dir / run_id / program.id
    with ws.writer_lock():
        final.parent.mkdir(parents=True, exist_ok=True)
        with ws.new_folder(final) as folder:
            tables: dict[str, Any] = {}
            for name in _WRITTEN:
                source = "marked_episodes" if name == "episodes" else name
                if engine.has(source):
                    table, path = OUTPUT[name], folder / f"{name}.parquet"
                    rows = engine.write_parquet(source, path, table.columns, table.key, {k: v for k, v in constants.items() if k in table.columns})
                    tables[name] = {"rows": rows, "sha256": file_hash(path)}
            manifest = _manifest(engine, program, inputs, run_id, sets, batches, stages, refusals, notes, tables)
            write_manifest(folder, manifest)
    return final, read_manifest(final)


def _manifest(
    engine: DuckEngine, program: Program, inputs: dict[str, Any], run_id: str, sets: Sequence[PriceSet], batches: Sequence[Any],
    stages: Sequence[pipeline.StageStatus], refusals: Sequence[Refused], notes: Sequence[dict[str, Any]], tables: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    by_code: dict[str, dict[str, Any]] = {}
    for row in engine.rows("findings", order_by=("code", "table_name", "source_file")):
        entry = by_code.setdefault(row["code"], {"code": row["code"], "rows": 0, "message": row["message"]})
        entry["rows"] += row["rows"] or 0
    findings = [*by_code.values(), *notes, *run_findings(engine)]
    accounting = [
        {k: r[k] for k in ("table_name", "batch", "disposition", "reason", "rows", "amount_cents")}
        for r in (engine.rows("line_accounting", order_by=OUTPUT["line_accounting"].key) if engine.has("line_accounting") else [])
    ]
    return {
        "run_id": run_id,
        "inputs_hashed": inputs,
        "program": program.id,
        "title": program.title,
        "rule_version": program.rule_version,
        "rules_hash": program.rules_hash,
        "assumptions_name": program.assumptions_name,
        "assumptions_hash": program.assumptions_hash,
        "scenario": program.scenario,
        "assumed": [{"path": p.path, "value": _text(p.value), "reason": p.reason, "basis": p.basis} for p in program.assumed()],
        "unknown": [{"path": u.path, "reason": u.reason} for u in program.unknowns()],
        "price_set_id": sets[0].price_set_id if sets else None,
        "price_set_ids": [s.price_set_id for s in sets],
        "as_of": inputs["as_of"],
        "code_version": __version__,
        "cost_basis": program.text("cost.basis") if program.known("cost.basis") else None,
        "versions_lost": engine.count("claim_lines") > 0 and not _has_versions(engine),
        "stages": [{"stage": s.stage, "status": s.status, "reason": s.reason} for s in stages],
        "tables": tables,
        "inputs": [{"batch_id": b.id} for b in batches],
        "accounting": accounting,
        "findings": findings,
        "refusals": [{"entity_id": None, "period": None, "code": r.code, "message": str(r)} for r in refusals],
        "periods": [_period(p) for p in program.periods],
    }


def _text(value: object) -> object:
    return value if isinstance(value, str | int | bool | list) or value is None else str(value)


def _period(period: Period) -> dict[str, Any]:
    days = {"first_day": period.first_day, "last_day": period.last_day} if period.known else {"first_day": None, "last_day": None}
    return {
        "id": period.id, "role": period.role, "program_year": period.program_year, **days,
        "first_day_as_published": period.first_day_as_published, "last_day_as_published": period.last_day_as_published,
    }  # fmt: skip


def _has_versions(engine: DuckEngine) -> bool:
    return bool(engine.scalar("claim_lines", "MAX(CASE WHEN has_version_columns THEN 1 ELSE 0 END)"))


def run_findings(engine: DuckEngine) -> list[dict[str, Any]]:
    """What only a run can see: replacements without an original, and lines whose biller has no tax ID."""
    found: list[dict[str, Any]] = []
    orphans = engine.scalar("replacement_verdicts", "COUNT(CASE WHEN verdict = 'adj.orphan_replacement' THEN 1 END)") if engine.has("replacement_verdicts") else 0
    if orphans:
        found.append({"code": "adj.orphan_replacement", "rows": orphans, "message": "Replacement claims whose original was never received; used as originals."})
    if engine.has("line_entities"):
        npi_lines = engine.scalar("line_entities", "COUNT(CASE WHEN entity_basis = 'npi' THEN 1 END)")
        if npi_lines:
            message = "Lines of members with a pregnancy have no billing tax ID; the entity is the billing NPI instead."
            found.append({"code": "id.tin_missing", "rows": npi_lines, "message": message})
    return found
