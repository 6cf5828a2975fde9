"""Runs and price sets of a workspace: compute, check, and write under a temporary name."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from trueup import acts, pipeline
from trueup.acts import episodes
from trueup.engine import DuckEngine, Engine, chosen_engine
from trueup.engine.memo import Memo, private_folder
from trueup.errors import Refused
from trueup.inputs import register_payments_made, register_prices, register_workspace
from trueup.monitoring.stage import watch_migration
from trueup.pricing.inputs import Finding
from trueup.pricing.price_set import PriceSet, Terms, read_price_set, write_price_set
from trueup.pricing.usable import days_open, differences, require_equal_maturity, require_usable, runout_days
from trueup.pricing.what_if import Book
from trueup.risk import stage as risk
from trueup.risk.card import build_card
from trueup.risk.card_text import to_html, to_markdown
from trueup.risk.fit import fit_models
from trueup.risk.freeze import FrozenModel, RiskTerms, freeze, parse_model, read_model, refuse_refit, require_frozen, write_model
from trueup.risk.inputs import FitConfig
from trueup.rules.program import Period, Program
from trueup.run_output import Job, sources_of, write_run
from trueup.settlement.inputs import SettlementResult
from trueup.tables import OUTPUT
from trueup.workspace import Workspace, write_atomically

Progress = Callable[[str], None]
PRICE_FIRST = "Make one with `trueup price`, then name it with --prices."


@dataclass
class RunResult:
    """A finished run: its folder and manifest, what was settled, and the refusals that stopped settling, if any.

    `notes` are findings of settling: true-ups, and rules that changed since the prices were made. `computed` and `reused` count the steps
    that were computed, and those whose result an earlier run had left.
    """

    folder: Path
    manifest: dict[str, Any]
    settled: SettlementResult
    refusals: list[Refused] = field(default_factory=list[Refused])
    notes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    computed: int = 0
    reused: int = 0


def quiet(_: str) -> None:
    """No progress."""


@contextmanager
def engine_of(ws: Workspace, *, fresh: bool = False) -> Generator[Engine]:
    """The engine that works on a workspace: the chosen one, or the embedded one with its `cache/` of results unless `fresh`.

    The environment may bound it: TRUEUP_THREADS, and TRUEUP_MEMORY_LIMIT such as `4GB`. What exceeds memory spills into the workspace.
    """
    threads, memory_limit = os.environ.get("TRUEUP_THREADS"), os.environ.get("TRUEUP_MEMORY_LIMIT")
    with private_folder(ws.path) as folder:
        memo = None if fresh else Memo(ws.path / "cache", Path(folder))
        engine = chosen_engine(Path(folder)) or DuckEngine(threads=threads, memory_limit=memory_limit, temp_folder=Path(folder), memo=memo)
        try:
            yield engine
        finally:
            engine.close()


def maturity_date(program: Program, period_id: str) -> date:
    """The day on which a period has the run-out its rule asks for. Raises Refused where the run-out is unknown."""
    return program.period(period_id).last_day + timedelta(days=days_open(program) + program.integer("maturity.runout_days"))


def performance_periods(program: Program) -> list[Period]:
    return [p for p in program.periods if p.role == "performance" and p.known]


def _compute(
    engine: Engine,
    ws: Workspace,
    program: Program,
    as_of: date,
    sets: Sequence[PriceSet],
    progress: Progress,
    through: date | None = None,
    made: Sequence[dict[str, Any]] = (),
    model: FrozenModel | None = None,
) -> list[pipeline.StageStatus]:
    register_workspace(engine, ws)
    if made:
        register_payments_made(engine, program.id, made)
    pipeline.register_rules(engine, program, as_of=as_of, workspace_key=ws.key, through=through)
    register_prices(engine, [s.content for s in sets])
    return pipeline.run_stages(engine, program, progress, model=model or risk_model_of(sets))


def risk_model_of(sets: Sequence[PriceSet]) -> FrozenModel | None:
    """The frozen risk model of the price sets; None where they have none.

    Raises Refused (TRU-U060) where sets carry different models: an episode has one score.
    """
    texts = {s.content.risk_model: s for s in sets if s.content.risk_model}
    if len(texts) > 1:
        named = ", ".join(s.price_set_id for s in texts.values())
        raise Refused("TRU-U060", f"price sets {named} carry different risk models.", next_step="Run each period with its own price set.")
    return next((parse_model(text, f"price set {s.price_set_id}") for text, s in texts.items()), None)


def _base(engine: Engine, ws: Workspace, program: Program, as_of: date, progress: Progress, model: FrozenModel | None = None) -> None:
    """Run the flow on the base. Raises Refused (TRU-P021) where an unknown value stops it."""
    stages = _compute(engine, ws, program, as_of, [], progress, model=model)
    if not pipeline.is_complete(stages):
        stopped = next(s for s in stages if s.status != "done")
        message = f"{program.id}: {stopped.stage} cannot run: {stopped.reason}."
        raise Refused("TRU-P021", message, next_step="Name an assumptions file with --assume.")


def price(
    ws: Workspace, program: Program, period_id: str, as_of: date, progress: Progress = quiet, *, risk_model: str = "", fresh: bool = False
) -> Path:
    """Derive a draft price set for a period from the base period, with the claims known at `as_of`. Returns its folder.

    `risk_model` is the text of a frozen model of the period, which then is part of the set; without it every score is 1 or delivered.

    Raises:
        Refused: TRU-R014 where a value is unknown; TRU-P001 without base episodes; TRU-K025 for a model of another program or period.
    """
    model = require_frozen(parse_model(risk_model, "the risk model"), program.id, period_id) if risk_model else None
    with engine_of(ws, fresh=fresh) as engine:
        _base(engine, ws, program, as_of, progress, model)
        progress("pricing")
        if program.has("prices.tiers"):
            engine.register_rows("earlier_tiers", _earlier_tiers(ws, program), OUTPUT["tiers"].columns)
        content = replace(acts.act_of(program).price(engine, program, period_id, as_of), risk_model=risk_model)
    base = program.period(program.text("prices.baseline_period"))
    terms = Terms(
        program=program.id, rule_version=program.rule_version, rules_hash=program.rules_hash, assumptions_name=program.assumptions_name,
        assumptions_hash=program.assumptions_hash, mechanism=program.text("prices.mechanism"), period=period_id, base_period=base.id,
        base_first_day=base.first_day, base_last_day=base.last_day, base_as_of=as_of, runout_days=runout_days(program, base.id, as_of),
        cost_basis=program.text("cost.basis") if program.has("cost.basis") else "none", settings_hash=program.settings_hash,
    )  # fmt: skip
    with ws.writer_lock():
        return write_price_set(ws.prices_dir, terms, content, {"title": program.title, "sources": sources_of(program)})


def _earlier_tiers(ws: Workspace, program: Program) -> list[dict[str, Any]]:
    """The tiers of the last final price set of the program that was measured before this one; none where there is no such set."""
    measured = program.period(program.text("prices.baseline_period"))
    found = [read_price_set(m.parent) for m in sorted(ws.prices_dir.glob("*/manifest.json"))]
    earlier = [
        s
        for s in found
        if s.status == "final" and s.terms.program == program.id and s.content.tiers and s.terms.base_last_day < measured.last_day
    ]
    last = max(earlier, key=lambda s: (s.terms.base_last_day, s.terms.base_as_of, s.price_set_id), default=None)
    return [asdict(row) for row in last.content.tiers] if last else []


def price_book(ws: Workspace, program: Program, prices: PriceSet, progress: Progress = quiet) -> Book:
    """The base of a price set once more, so that a challenge can be tried on it. Raises what `price` raises."""
    with engine_of(ws) as engine:
        _base(engine, ws, program, prices.terms.base_as_of, progress, risk_model_of([prices]))
        return episodes.price_book(engine, program, prices.terms.period, prices.terms.base_as_of)


def fit_risk(ws: Workspace, program: Program, period_id: str, as_of: date, progress: Progress = quiet) -> Path:
    """Fit the risk model of a period on the base, freeze it, and write it with its card to `models/<hash>/`. Returns the folder.

    A fit may differ in its last digits between machines; the frozen file is what prices rest on.

    Raises:
        Refused: TRU-R014 where a value is unknown; TRU-K003 without the extra `actuarial`; TRU-K024 where the workspace has another frozen
            model of the period.
    """
    with engine_of(ws) as engine:
        _base(engine, ws, program, as_of, progress)
        progress("fitting")
        rows = risk.base_rows(engine)
    cap = program.get("risk.cap_percentile")
    config = FitConfig(
        models=tuple(cast("list[Any]", program.get("risk.models"))), folds=program.integer("risk.folds"),
        cap_percentile=cap if isinstance(cap, Decimal) else None, min_episodes=program.integer("risk.min_episodes"),
        signs=cast("Any", program.text("risk.signs")),
    )  # fmt: skip
    fitted = fit_models(rows, config)
    terms = RiskTerms(
        program=program.id, rule_version=program.rule_version, base_period=program.text("prices.baseline_period"), period=period_id,
        lookback_days=program.integer("risk.lookback_days"), early_days=program.integer("risk.early_days"),
        uses=tuple(cast("list[str]", program.get("risk.uses"))),
    )  # fmt: skip
    model = freeze(fitted, rows, terms)
    card = build_card(rows, fitted, model)
    for known in sorted((ws.path / "models").glob("*/risk_model.json")):
        frozen = read_model(known)
        if (frozen.terms.program, frozen.terms.period) == (program.id, period_id):
            refuse_refit(frozen, model, str(known))
    with ws.writer_lock():
        final = ws.path / "models" / model.sha256[:16]
        final.parent.mkdir(exist_ok=True)
        with ws.new_folder(final) as folder:
            write_model(folder / "risk_model.json", model)
            write_atomically(folder / "card.md", to_markdown(card))
            write_atomically(folder / "card.html", to_html(card))
    return final


def run(
    ws: Workspace,
    program: Program,
    as_of: date,
    *,
    price_sets: Sequence[PriceSet] = (),
    periods: Sequence[str] | None = None,
    true_up: bool = False,
    through: date | None = None,
    payments_made: Sequence[dict[str, Any]] = (),
    progress: Progress = quiet,
    fresh: bool = False,
) -> RunResult:
    """Run a program on a workspace as of a date, and settle the periods that a price set and the claims' maturity allow.

    Without a price set the run ends at cost. A period that cannot be settled is a refusal in the result, never a guess.

    Args:
        periods: what to settle; by default every performance period that a named price set covers.
        through: a day of the last month for which prospective payments are stated; by default the month of `as_of` is.
        payments_made: prospective payments that the ledger posted, as rows of the table of that name; part of the run's id.
        fresh: compute every step, whatever earlier runs left in the cache. The result is the same.

    Raises:
        CheckFailed: an invariant does not hold; nothing is written.
        Refused: TRU-U056 where payments come both from the ledger and from loaded files.
    """
    with engine_of(ws, fresh=fresh) as engine:
        stages = _compute(engine, ws, program, as_of, price_sets, progress, through, payments_made)
        settled, refusals, notes = SettlementResult([], [], []), [], []
        act = acts.act_of(program)
        if pipeline.is_complete(stages):
            act.prepare(engine)
            wanted = periods if periods is not None else covered_periods(program, price_sets)
            if not program.has("settlement"):
                progress("nothing is settled")
            elif price_sets or not act.NEEDS_PRICES:
                progress("settlement")
                settled, refusals, notes = _settle(engine, program, as_of, price_sets, wanted, true_up)
            else:
                refusals = [
                    Refused("TRU-P022", "No price set was named, so there is no target and nothing settles.", next_step=PRICE_FIRST)
                ]
        for name, rows in (("settlements", settled.settlements), ("settlement_steps", settled.steps), ("refusals", settled.refusals)):
            engine.register_rows(name, [asdict(r) for r in rows], OUTPUT[name].columns)
        watch_migration(engine, program)
        progress("writing")
        job = Job(program, as_of, tuple(price_sets), None if periods is None else tuple(periods), true_up, through, tuple(payments_made))
        folder, manifest = write_run(engine, ws, job, stages, refusals, notes)
        return RunResult(folder, manifest, settled, refusals, notes, len(engine.computed), len(engine.reused))


def entity_gates(ws: Workspace, program: Program, as_of: date, period: str, progress: Progress = quiet) -> list[dict[str, Any]]:
    """Which entities pass the gate of a period with the facts known at `as_of`, rows of table `entity_gates` by entity. Writes no run."""
    with engine_of(ws) as engine:
        _compute(engine, ws, program, as_of, [], progress)
        rows = engine.rows("entity_gates", order_by=("entity_id", "period")) if engine.has("entity_gates") else []
    return [r for r in rows if r["period"] == period]


def covered_periods(program: Program, sets: Sequence[PriceSet]) -> list[str]:
    """The performance periods for which a set has a price to settle by, in rule order; all of them where none has."""
    known, prices = performance_periods(program), [p for s in sets for p in s.content.prices if p.price != "case_rate"]
    covered = [k.id for k in known if any(p.effective_from <= k.last_day and k.first_day < p.effective_to for p in prices)]
    return covered or [k.id for k in known]


def _settle(
    engine: Engine, program: Program, as_of: date, sets: Sequence[PriceSet], periods: Sequence[str], true_up: bool
) -> tuple[SettlementResult, list[Refused], list[dict[str, Any]]]:
    found, refusals, notes = SettlementResult([], [], []), list[Refused](), list[dict[str, Any]]()
    for period in periods:
        try:
            usable, warnings = None, list[Finding]()
            if sets:
                usable = _usable_set(program, sets, period)
                warnings = require_equal_maturity(usable, program, period, as_of, true_up=true_up)
                warnings += differences(usable, program.rule_version, program.rules_hash, program.assumptions_hash, program.settings_hash)
            result = acts.act_of(program).settle(engine, program, period, usable.content if usable else None, as_of)
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
            require_usable(candidate, program, period, program.settings_hash)
            return candidate
        except Refused as refused:
            refusal = refused
    assert refusal is not None
    raise refusal
