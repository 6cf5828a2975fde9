"""The acts of panel programs: pricing benchmarks, and settling the contracts of a period with their pools and reports' tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from trueup.acts.common import gates_of
from trueup.engine import Engine
from trueup.entity_grain import Price
from trueup.pricing.inputs import PriceSetContent
from trueup.pricing.panel_benchmark import BasePanel, ToPrice, contract_span, price_panels
from trueup.quality.scoring import NOT_DUE
from trueup.rules.program import Period, Program
from trueup.settlement.alignment import CommonMeasure, alignment_rows, payer_rows, rank_rows
from trueup.settlement.contract_terms import Contract, Scorecard, SlotScore, moves_of, require_apart
from trueup.settlement.contract_work import ContractBook
from trueup.settlement.contracts import ContractResult, settle_contracts
from trueup.settlement.inputs import Gate, SettlementResult
from trueup.settlement.panel_inputs import Panel
from trueup.tables import OUTPUT

_SUMMED = ("members", "member_months", "risk_micros", "cost_cents", "truncated_cost_cents")


def contracts_of(engine: Engine) -> list[Contract]:
    """The contracts of every program known by the day. Raises what `require_apart` raises."""
    names = [f.name for f in fields(Contract)]
    rows = engine.rows("known_contracts", order_by=("program", "contract_id", "entity_id", "effective_from"))
    found = [Contract(**{n: r[n] for n in names}) for r in rows]
    require_apart(found)
    return found


def prepare(engine: Engine) -> None:
    """Nothing more than the finished tables is needed."""


def price(engine: Engine, program: Program, period_id: str, as_of: date | None) -> PriceSetContent:
    """A benchmark for every contract of the program in the period. Raises what `price_panels` raises."""
    period, base = program.period(period_id), program.text("prices.baseline_period")
    after = period.last_day + timedelta(days=1)
    wanted = [
        ToPrice(c.contract_id, c.entity_id, c.payer, c.terms_id, contract_span(c.effective_from, c.effective_to, period.first_day, after))
        for c in _own(contracts_of(engine), program, period)
        if c.terms_id in program.ids("contracts.terms")
    ]
    kept_out: dict[str, int] = defaultdict(int)
    for row in engine.rows("panel_kept_out"):
        if row["period"] == base:
            kept_out[row["entity_id"]] += row["amount_cents"]
    bases: dict[tuple[str, str], BasePanel] = {}
    for row in engine.rows("panel_groups", order_by=OUTPUT["panel_groups"].key):
        if row["period"] == base:
            entity_id, payer = row["entity_id"], row["payer"]
            before = bases.get((entity_id, payer)) or BasePanel(entity_id, payer, 0, 0, 0, 0, 0, kept_out[entity_id])
            sums = {name: getattr(before, name) + (row[name] or 0) for name in _SUMMED}
            bases[entity_id, payer] = replace(before, **sums)
    return price_panels(program, wanted, bases)


def settle(engine: Engine, program: Program, period_id: str, content: PriceSetContent | None, as_of: date) -> SettlementResult:
    """Settle the contracts of a period; pools, moves, alignment and ranks become tables of the run."""
    period, contracts = program.period(period_id), contracts_of(engine)
    book = ContractBook(
        contracts,
        panels_of(engine, period_id),
        cards_of(engine, period_id),
        _gates(engine, program, period_id),
        reported_of(engine, period_id),
        _prices(content),
        _base_risk(content),
    )
    found = settle_contracts(program, period, book, as_of=as_of)
    _register(engine, program, period, book, found)
    return found.result


def panels_of(engine: Engine, period_id: str) -> dict[str, Panel]:
    """The panels under contract, by contract id."""
    found: dict[str, Panel] = {}
    for r in engine.rows("panel_groups", order_by=OUTPUT["panel_groups"].key):
        if r["period"] == period_id and r["contract_id"]:
            values: dict[str, Any] = {f.name: (r[f.name] if r[f.name] is not None else 0) for f in fields(Panel)}
            found[r["contract_id"]] = Panel(**values)
    return found


def cards_of(engine: Engine, period_id: str) -> dict[str, Scorecard]:
    """The scorecard of each entity, as every contract reads it; what the scorecard counts as zero (not reported) is zero here."""
    slots: dict[str, list[SlotScore]] = defaultdict(list)
    for r in engine.rows("measure_scores", order_by=("entity_id", "slot")) if engine.has("measure_scores") else []:
        if r["period"] == period_id and r["measure_use"] != "tracked":
            awaited, weight = r["reason"] == NOT_DUE, r["weight"] or Decimal(0)
            slots[r["entity_id"]].append(SlotScore(r["slot"], r["measure_id"], r["domain"] or "", weight, r["score"], r["rate"], awaited))
    return {entity_id: Scorecard(entity_id, tuple(found)) for entity_id, found in slots.items()}


# --- what the book is made of ----------------------------------------------------------------------------------------------------------


def _own(contracts: Iterable[Contract], program: Program, period: Period) -> list[Contract]:
    return [c for c in contracts if c.program == program.id and c.touches(period)]


def _gates(engine: Engine, program: Program, period_id: str) -> dict[str, dict[str, Gate]]:
    found: dict[str, dict[str, Gate]] = defaultdict(dict)
    for gate in gates_of(engine, program):
        if gate.period == period_id:
            found[gate.entity_id][gate.gate] = gate
    return found


def reported_of(engine: Engine, period_id: str) -> dict[str, dict[str, Fraction]]:
    """The results submitted under a payer's own terms, `<terms id>.<measure>`: of several the latest that was not withdrawn.

    Counts that make no rate are none; a row of record type `void` withdraws what came under its id by its day.
    """
    standing: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(dict)
    keys = ("entity_id", "measure_id", "known_date", "submission_id", "record_type")
    for r in engine.rows("visible_measure_submissions", order_by=keys):
        n, d, by_id = r["numerator"], r["denominator"], standing[r["entity_id"], r["measure_id"] or ""]
        if r["period"] != period_id or "." not in (r["measure_id"] or "") or r["stratum"] not in (None, "", "all"):
            continue
        if r["record_type"] == "void":
            by_id.pop(r["submission_id"], None)
        elif n is not None and d and 0 <= n <= d:
            by_id.pop(r["submission_id"], None)
            by_id[r["submission_id"]] = Fraction(n, d)
    found: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for (entity_id, measure_id), by_id in standing.items():
        if by_id:
            found[entity_id][measure_id] = list(by_id.values())[-1]
    return found


def _prices(content: PriceSetContent | None) -> dict[str, list[Price]]:
    found: dict[str, list[Price]] = defaultdict(list)
    for row in content.prices if content else []:
        found[row.cohort].append(row)
    return found


def _base_risk(content: PriceSetContent | None) -> dict[str, Decimal]:
    return {s.cohort: Decimal(s.amount) for s in (content.price_steps if content else []) if s.name == "base_risk"}


# --- tables beside the settlement ------------------------------------------------------------------------------------------------------


def _register(engine: Engine, program: Program, period: Period, book: ContractBook, found: ContractResult) -> None:
    own = _own(book.contracts, program, period)
    alignment = alignment_rows(program, period.id, common_measures(program), program.ids("contracts.terms"))
    settlements = found.result.settlements
    tables: Mapping[str, Iterable[Any]] = {
        "settlement_pools": found.pools,
        "payer_alignment": alignment,
        "payer_contracts": payer_rows(program, period.id, alignment, own, settlements),
        "payment_ranks": rank_rows(period.id, own, settlements, found.scores, book.panels),
    }
    for name, rows in tables.items():
        _add(engine, name, period.id, [asdict(row) for row in rows])
    _add(engine, "pool_shares", period.id, [{**asdict(row), "period": period.id} for row in found.pool_shares])
    moves = [asdict(m) for m in moves_of(book.contracts)]
    engine.register_rows("track_moves", moves, OUTPUT["track_moves"].columns)


def _add(engine: Engine, name: str, period_id: str, rows: list[dict[str, Any]]) -> None:
    """The rows of a period beside those of the periods settled before it."""
    before = [r for r in engine.rows(name, order_by=OUTPUT[name].key) if r["period"] != period_id] if engine.has(name) else []
    engine.register_rows(name, [*before, *rows], OUTPUT[name].columns)


def common_measures(program: Program) -> list[CommonMeasure]:
    """The measures of the common set: those of the scorecard's slots, each once, with the direction of its library."""
    found: dict[str, CommonMeasure] = {}
    for slot in program.ids("quality.slots") if program.has("quality.slots") else []:
        path = f"quality.slots.{slot}"
        if program.get(f"{path}.use") == "tracked" or not program.known(f"{path}.measure"):
            continue
        name = program.text(f"{path}.measure")
        stated = program.get(f"{path}.direction") if program.has(f"{path}.direction") and program.known(f"{path}.direction") else None
        direction = str(stated or (program.measures[name].direction if name in program.measures else ""))
        target = program.get(f"{path}.benchmark") if program.has(f"{path}.benchmark") and program.known(f"{path}.benchmark") else ""
        found.setdefault(name, CommonMeasure(name, direction, f"{target:f}" if isinstance(target, Decimal) else ""))
    return list(found.values())


@dataclass(frozen=True)
class PanelAct:
    """The acts of one track. Only shared savings rest on a price set."""

    NEEDS_PRICES: bool
    prepare: Callable[[Engine], None] = prepare
    price: Callable[[Engine, Program, str, date | None], PriceSetContent] = price
    settle: Callable[[Engine, Program, str, PriceSetContent | None, date], SettlementResult] = settle


BONUS = PanelAct(NEEDS_PRICES=False)
SAVINGS = PanelAct(NEEDS_PRICES=True)
